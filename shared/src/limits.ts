/** Every limit of the HTTP and live surface, with the reason where it is not plain. docs/limits.md lists them (parity-tested). */
export const limits = {
  /** Bytes of a JSON body. */
  body: 2 * 1024 * 1024,
  /** Levels of a JSON body: those of a JSON value, and what stands around it. */
  bodyDepth: 64,
  /** Characters of one message's text. */
  messageText: 200_000,
  /** Bytes of one uploaded file. */
  fileBytes: 50 * 1024 * 1024,
  /** Characters of text taken from one file for search and for AI models. */
  fileText: 500_000,
  /** Files attached to one message. */
  filesPerMessage: 10,
  /** Characters of the id under which a client sends. */
  clientId: 100,
  /** Messages in one page of a branch. */
  branchPage: 200,
  /** Messages of the branch that an AI model is given at most. */
  contextMessages: 400,
  /** Characters of the branch that an AI model of unknown size is given. */
  contextCharacters: 96_000,
  /** Bytes of images and documents that one turn sends to an AI model. */
  contextFileBytes: 20 * 1024 * 1024,
  /** Bytes of one reply of a server outside: an answer is kept in memory while it comes, and anybody may name a server. */
  outboundReply: 32 * 1024 * 1024,
  /** Rounds of tool calls in one turn. */
  toolRounds: 8,
  /** Days for which a deleted thread can be restored. */
  threadUndoDays: 30,
  /** Characters of a prompt's content. */
  promptContent: 100_000,
  /** Variables one prompt declares. */
  promptVariables: 100,
  /** Characters of a variable's name. */
  promptVariableName: 64,
  /** Choices of one `select` variable. */
  promptVariableChoices: 100,
  /** Characters of a prompt with its values filled in: a short content may repeat a long value. */
  promptRendered: 400_000,
  /** Labels of one prompt. */
  promptLabels: 50,
  /** Characters of names and titles. */
  title: 200,
  /** Characters of a description. */
  description: 2_000,
  /** Rows of one page; `limit=-1` means this. */
  pageSize: 1_000,
  /** Rows of one page when no limit is named. */
  defaultPageSize: 100,
  /** Terms (leaf conditions) of one filter: bounds planning time in PostgreSQL. */
  filterTerms: 200,
  /** Levels of nesting of one filter. */
  filterDepth: 12,
  /** Objects and lists of one filter, also those that hold nothing. */
  filterParts: 2_000,
  /** Relations one filter may cross: each is a subselect with the rules of its target inside. */
  filterRelations: 100,
  /** Values of one `_in`. */
  filterValues: 1_000,
  /** Fields one `sort` may name. */
  sortFields: 5,
  /** Relations one `fields` path may cross. */
  fieldDepth: 5,
  /** Paths in one `fields` list. */
  fieldPaths: 200,
  /** Relations one `fields` list may cross altogether: each costs a statement. */
  fieldRelations: 100,
  /** Characters of a formula. */
  formulaCharacters: 4_000,
  /** Levels of nesting of a formula. */
  formulaDepth: 50,
  /** Parts (values, operators, functions) of a formula. */
  formulaParts: 500,
  /** Parts of a formula when the computed fields it uses are written out in it, since the database computes them together. */
  formulaPartsWithin: 2_000,
  /** Relations one reference of a formula may cross. */
  formulaRelations: 3,
  /** Computed fields that may build on each other, one upon the next. */
  computedLevels: 8,
  /** Characters of a text a formula makes; a longer one is cut. */
  computedText: 100_000,
  /** Records of which a rollup joins the texts. */
  rollupTexts: 1_000,
  /** Characters of a search text. */
  searchText: 200,
  /** Related records one record shows of a list when `deep` names no `_limit`, which may be up to `pageSize`. */
  relatedPerRecord: 100,
  /** Related records one request may fetch over one relation. */
  relatedRecords: 10_000,
  /** Related records in one reply, counted wherever they stand: a record that many refer to is written out for each. */
  expandedRecords: 50_000,
  /** Characters of a list's cursor. */
  cursor: 8_000,
  /** Characters of a text of one line, when its field says nothing smaller. */
  textLength: 10_000,
  /** Characters of a long text. */
  longTextLength: 1_000_000,
  /** Characters of a text that is held to a pattern. */
  patternText: 2_000,
  /** Characters of a URL. */
  url: 2_000,
  /** Characters of a pattern, of a field or a filter. */
  pattern: 500,
  /** Characters of a JSON value or a rich text, as JSON. */
  jsonLength: 1_000_000,
  /** Data models of one project, those in the bin included. */
  modelsPerProject: 1_000,
  /** Fields of one data model: PostgreSQL has room for 1,600 columns, of which some are needed while a field changes its type. */
  fieldsPerModel: 1_000,
  /** Indexes of one data model over several fields. */
  indexesPerModel: 50,
  /** Fields of one data model that a search looks into. */
  searchFields: 50,
  /** Fields of one index. */
  fieldsPerIndex: 8,
  /** Rules of one data model. */
  rulesPerModel: 200,
  /** Targets of one relation that may lead to records of several data models. */
  relationTargets: 50,
  /** Actions of one change set. */
  actionsPerChangeSet: 500,
  /** Choices of one select or multi-select field. */
  choices: 500,
  /** Files of one field of a record. */
  filesPerField: 100,
  /** Points of one polygon in a filter. */
  polygonPoints: 1_000,
  /** Levels of a JSON value. */
  jsonDepth: 50,
  /** Records one request may create, change or delete. */
  recordsPerWrite: 1_000,
  /** Records that the relations of one request's bodies may write besides. */
  relatedWrites: 1_000,
  /** Levels of records within records in a body. */
  relatedWriteDepth: 5,
  /** Operations of one batch. */
  batchOperations: 500,
  /** Records that a deletion may take with it. */
  cascade: 10_000,
  /** Days for which a deleted record can be restored. */
  recordUndoDays: 30,
  /** Characters of an `Idempotency-Key`. */
  idempotencyKey: 255,
  /** Hours for which the reply to a request with an `Idempotency-Key` is kept. */
  idempotencyHours: 24,
  /** Characters of a comment on a record. */
  commentText: 10_000,
  /** Custom roles of one project. */
  rolesPerProject: 50,
  /** Permission tests of one project: all of them run before its definitions change. */
  permissionTests: 200,
  /** Records one permission test is tried on. */
  recordsPerTest: 20,
  /** Live subscriptions of one connection. */
  subscriptions: 200,
  /** Bytes of one frame a client may send. */
  liveFrame: 64 * 1024,
  /** Bytes waiting to be sent to one live client before ephemeral frames are dropped. */
  liveSoftBuffer: 256 * 1024,
  /** Bytes waiting at which a live client is disconnected; it catches up by its cursor. */
  liveHardBuffer: 4 * 1024 * 1024,
  /** Bytes of a run's payload kept in its row; larger ones go to storage. */
  runPayload: 64 * 1024,
  /** Milliseconds by which the event loop may run late, smoothed over a second, before requests are refused (503 `overloaded`). */
  eventLoopLateMs: 1_000,
  /** Statements waiting for a database connection of one process at which requests are refused (503 `overloaded`). */
  waitingForDatabase: 500,
  /** Requests of one network address in a minute. RATE_LIMIT_FACTOR multiplies this and all that follow. */
  requestsPerAddress: 12_000,
  /** Requests of one user in a minute. */
  requestsPerUser: 6_000,
  /** Attempts to sign in from one network address in a minute. */
  loginsPerAddress: 60,
  /** Failed attempts to sign in to one account from one network address in a minute. */
  loginsPerAccount: 10,
  /** Registrations from one network address in five minutes. */
  registrationsPerAddress: 60,
  /** Refreshes of sessions from one network address in a minute. */
  refreshesPerAddress: 300,
  /** Looks at invitations from one network address in a minute. */
  invitationsPerAddress: 60,
  /** Bytes bcrypt can tell apart. */
  passwordBytes: 72,
  /** Fewest characters of a password. */
  passwordCharacters: 8,
} as const;
