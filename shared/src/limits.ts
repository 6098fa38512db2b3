/** Every limit of the HTTP and live surface, with the reason where it is not plain. docs/limits.md lists them (parity-tested). */
export const limits = {
  /** Bytes of a JSON body. */
  body: 2 * 1024 * 1024,
  /** Characters of one message's text. */
  messageText: 200_000,
  /** Bytes of one uploaded file. */
  fileBytes: 50 * 1024 * 1024,
  /** Files attached to one message. */
  filesPerMessage: 10,
  /** Characters of a prompt's content. */
  promptContent: 100_000,
  promptVariables: 100,
  /** Characters of names and titles. */
  title: 200,
  description: 2_000,
  /** Rows of one page; `limit=-1` means this. */
  pageSize: 1_000,
  defaultPageSize: 50,
  /** Terms (leaf conditions) of one filter: bounds planning time in PostgreSQL. */
  filterTerms: 200,
  filterDepth: 12,
  /** Values of one `_in`. */
  filterValues: 1_000,
  sortFields: 5,
  /** Relations one `fields` path may cross. */
  fieldDepth: 5,
  /** Paths in one `fields` list. */
  fieldPaths: 200,
  searchText: 200,
  /** Live subscriptions of one connection. */
  subscriptions: 200,
  /** Bytes of one frame a client may send. */
  liveFrame: 64 * 1024,
  /** Bytes waiting to be sent to one live client before ephemeral frames are dropped, and before it is disconnected. */
  liveSoftBuffer: 256 * 1024,
  liveHardBuffer: 4 * 1024 * 1024,
  /** Bytes of a run's payload kept in its row; larger ones go to storage. */
  runPayload: 64 * 1024,
  /** Bytes bcrypt can tell apart. */
  passwordBytes: 72,
  passwordCharacters: 8,
} as const;
