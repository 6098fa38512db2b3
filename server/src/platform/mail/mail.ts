/** Mails, as features see them: written to the outbox first, so that none is lost, and sent from there. */
import type { Tx } from '../db/db.ts';

export interface NewMail {
  to: string;
  subject: string;
  text: string;
  html?: string | undefined;
  /** The user who caused it. */
  createdBy?: string | undefined;
}

export interface Mail {
  /** False without SMTP: mails are held in the outbox for an owner or administrator to pass on. */
  isConfigured: boolean;
  /** Puts a mail into the outbox and returns its id; it is sent soon after, and again with growing pauses when that fails. Throws `validation_failed` for an address that can't be one. */
  send(mail: NewMail): Promise<string>;
  /** Like `send`, in a transaction opened by inTx: nothing is sent unless it commits. */
  sendIn(tx: Tx, mail: NewMail): Promise<string>;
  /** Sends what is due, once; returns how many were attempted. */
  deliver(): Promise<number>;
  /** Resolves when what is being sent has ended, and gives the connection back. */
  close(): Promise<void>;
}

declare module '../deps.ts' {
  interface Deps {
    mail: Mail;
  }
}
