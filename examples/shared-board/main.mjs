// Shared board: a page for two people, with state, conflicts and work offline.
// The platform needs the namespace: ./tailwater up --config examples/shared-board/board.yml
import {serve} from '../serve.mjs';

serve(new URL('.', import.meta.url));
