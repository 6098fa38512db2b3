/**
 * The sender. A mail is `queued` until an attempt succeeds (`sent`), the receiving server refuses it for good or too many
 * attempts failed (`failed`); without SMTP it is `held` from the start. An attempt is claimed by moving its next time on,
 * so a process that dies while sending only delays the mail; the Message-ID stays the same, so receivers can tell a repeat.
 */
import type { Transporter } from 'nodemailer';
import { fail } from '@piper/shared/errors';
import { afterCommit } from '../db/tx.ts';
import type { Db } from '../db/db.ts';
import type { Deps } from '../deps.ts';
import { newId } from '../ids.ts';
import type { Mail, NewMail } from './mail.ts';
import { claimMail, insertMail, markSent, markUnsent, type OutboxRow } from './outbox.repo.ts';

const maxAttempts = 12;
const timeoutMs = 15_000;

type MailDeps = Pick<Deps, 'db' | 'env' | 'log'>;

/** Opens the outbox and, with `SMTP_URL`, the way out of it. Nothing is loaded or contacted before the first mail. */
export function openMail(deps: MailDeps): Mail {
  const smtpUrl = deps.env.smtpUrl;
  const sender = smtpUrl === undefined ? undefined : senderTo(smtpUrl, deps.env.http.publicUrl);
  let delivering: Promise<number> | undefined;
  let isClosed = false;
  const deliver = (): Promise<number> => {
    if (!sender || isClosed) return Promise.resolve(0);
    delivering ??= deliverAll(deps, sender, () => isClosed).finally(() => (delivering = undefined));
    return delivering;
  };
  const deliverSoon = (): void => {
    deliver().catch((err: unknown) => deps.log.warn({ err }, 'the outbox could not be read'));
  };
  return {
    isConfigured: sender !== undefined,
    async send(mail) {
      const id = await queueMail(deps.db, mail, sender !== undefined);
      deliverSoon();
      return id;
    },
    async sendIn(tx, mail) {
      const id = await queueMail(tx, mail, sender !== undefined);
      afterCommit(tx, deliverSoon);
      return id;
    },
    deliver,
    async close() {
      isClosed = true;
      await delivering?.catch(() => undefined);
      await sender?.close();
    },
  };
}

async function queueMail(db: Db, mail: NewMail, canSend: boolean): Promise<string> {
  const id = newId();
  await insertMail(db, {
    id,
    to_address: checkAddress(mail.to),
    subject: mail.subject.replaceAll(/\s+/g, ' ').trim(),
    text: mail.text,
    html: mail.html ?? null,
    status: canSend ? 'queued' : 'held',
    error: null,
    sent_at: null,
    created_by: mail.createdBy ?? null,
  });
  return id;
}

/** One address and nothing else: commas, line breaks and angle brackets would name further receivers or headers. */
function checkAddress(address: string): string {
  const isPlain = address.length <= 320 && /^[^\s,;:<>()"\\@]+@[^\s,;:<>()"\\@]+$/.test(address);
  return isPlain ? address : fail('validation_failed', 'The e-mail address is not valid.');
}

interface Sender {
  send(mail: OutboxRow): Promise<void>;
  close(): Promise<void>;
}

/** `from` may be given in the URL (`smtp://…?from=Piper <piper@example.org>`); otherwise it is the account or the instance's host. */
function senderTo(smtpUrl: string, publicUrl: string): Sender {
  const url = new URL(smtpUrl);
  const host = new URL(publicUrl).hostname;
  const account = decodeURIComponent(url.username);
  const from = url.searchParams.get('from') ?? (account.includes('@') ? account : `piper@${host}`);
  url.searchParams.delete('from');
  let transport: Promise<Transporter> | undefined;
  const connect = async (): Promise<Transporter> => {
    const { createTransport } = await import('nodemailer');
    const options = { url: url.href, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs };
    return createTransport(options);
  };
  return {
    async send(mail) {
      const transporter = await (transport ??= connect());
      await transporter.sendMail({
        from,
        to: { name: '', address: mail.to_address },
        subject: mail.subject,
        text: mail.text ?? '',
        ...(mail.html === null ? {} : { html: mail.html }),
        messageId: `<${mail.id}@${host}>`,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    },
    async close() {
      (await transport)?.close();
    },
  };
}

async function deliverAll(deps: MailDeps, sender: Sender, isClosed: () => boolean): Promise<number> {
  let attempted = 0;
  while (!isClosed()) {
    const mail = await claimMail(deps.db);
    if (!mail) break;
    attempted++;
    await attempt(deps, sender, mail);
  }
  return attempted;
}

async function attempt({ db, log }: MailDeps, sender: Sender, mail: OutboxRow): Promise<void> {
  try {
    await sender.send(mail);
  } catch (error) {
    const status = isFinal(error) || mail.attempts >= maxAttempts ? 'failed' : 'queued';
    log.warn({ err: error, mailId: mail.id, attempts: mail.attempts, status }, 'a mail could not be sent');
    return markUnsent(db, mail.id, { status, error: explain(error) });
  }
  await markSent(db, mail.id);
}

/** The server refused this receiver or this content; what it says about the account or itself may change. */
function isFinal(error: unknown): boolean {
  const { responseCode, command } = error as { responseCode?: number; command?: string };
  return (responseCode ?? 0) >= 500 && (command === 'RCPT TO' || command === 'DATA' || command === 'MAIL FROM');
}

function explain(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll('\0', '').slice(0, 500);
}
