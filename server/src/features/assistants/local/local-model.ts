/** How the built-in provider's one AI model is called. */
export const localModel = 'local/piper';
