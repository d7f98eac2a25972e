/** Facial expressions in the published label order of FER2013. */
export const expressionNames = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;

/** Name of an expression. */
export type ExpressionName = (typeof expressionNames)[number];
