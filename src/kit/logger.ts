/** What pino, console and most loggers offer. */
export interface Logger {
  /** What only who looks for a fault wants to see. */
  debug(fields: object, text: string): void;
  /** What happens in the course of things. */
  info(fields: object, text: string): void;
  /** What a person should know. */
  warn(fields: object, text: string): void;
  /** What a person should act on. */
  error(fields: object, text: string): void;
}
