/** Whether larger cases and more examples run too: `npm run test:full` asks for them by `SELFCURE_THOROUGH=1`. */
export const thorough: boolean = process.env['SELFCURE_THOROUGH'] === '1';
