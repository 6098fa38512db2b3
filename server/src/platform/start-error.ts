/** Why Piper can't start, in words for its operator; shown without a stack. */
export class StartError extends Error {}
