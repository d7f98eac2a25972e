import { writePages } from './sources.mjs';

writePages();
