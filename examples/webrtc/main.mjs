// WebRTC: two pages find each other over a channel, then talk directly.
import {serve} from '../serve.mjs';

serve(new URL('.', import.meta.url));
