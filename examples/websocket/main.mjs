// A chat over WebSocket, in a page: open it in two windows.
import {serve} from '../serve.mjs';

serve(new URL('.', import.meta.url));
