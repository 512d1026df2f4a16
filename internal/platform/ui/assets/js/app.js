// What the script adds to pages that work without it. Everything said to a
// person comes from the page, in its language.
import { forms } from "./forms.js";
import { suggestions } from "./suggest.js";
import { passwords } from "./password.js";
import { uploads } from "./upload.js";
import { autosave } from "./autosave.js";
import { checks } from "./check.js";
import { live } from "./live.js";
import { idle } from "./idle.js";
import { small } from "./small.js";
import { recheck } from "./recheck.js";
import { passkeys } from "./passkey.js";
import { poll } from "./poll.js";
import { video } from "./video.js";

forms();
suggestions();
passwords();
uploads();
autosave();
checks();
live();
idle();
small();
recheck();
passkeys();
poll();
video();
