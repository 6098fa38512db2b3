/** A small SMTP server for tests: it speaks the protocol on the wire, keeps what it was sent, and refuses what it is told to. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body as they came. */
  data: string;
}

type Step = 'greeting' | 'rcpt' | 'data';

export interface FakeSmtp {
  url: string;
  received: ReceivedMail[];
  /** Answers this step with `reply` (`550 no such user`) from now on; `drop` closes the connection instead. */
  refuse(step: Step, reply: string): void;
  recover(): void;
  /** Mails whose content has begun to come. */
  attempts(): number;
  close(): Promise<void>;
}

/** Starts the server on a free port. */
export async function startFakeSmtp(): Promise<FakeSmtp> {
  const received: ReceivedMail[] = [];
  const refusals = new Map<Step, string>();
  const sockets = new Set<Socket>();
  let attempts = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    converse(socket, { refusals, onMail: (mail) => received.push(mail), onAttempt: () => attempts++ });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    refuse: (step, reply) => void refusals.set(step, reply),
    recover: () => refusals.clear(),
    attempts: () => attempts,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Conversation {
  refusals: Map<Step, string>;
  onMail(mail: ReceivedMail): void;
  onAttempt(): void;
}

function converse(socket: Socket, { refusals, onMail, onAttempt }: Conversation): void {
  let mail: ReceivedMail = { from: '', to: [], data: '' };
  let inData = false;
  const answer = (step: Step | undefined, reply: string): void => {
    const refusal = step && refusals.get(step);
    if (refusal === 'drop') return void socket.destroy();
    socket.write(`${refusal ?? reply}\r\n`);
  };
  const command = (line: string): void => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO' || verb === 'HELO') return answer(undefined, '250 fake');
    if (verb === 'MAIL') {
      mail = { from: addressIn(line), to: [], data: '' };
      onAttempt();
      return answer(undefined, '250 ok');
    }
    if (verb === 'RCPT') return (mail.to.push(addressIn(line)), answer('rcpt', '250 ok'));
    if (verb === 'DATA') {
      inData = !refusals.has('data');
      return answer('data', '354 go on');
    }
    if (verb === 'QUIT') return void socket.end('221 bye\r\n');
    return answer(undefined, verb === 'RSET' ? '250 ok' : '502 not known');
  };
  let rest = '';
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString('utf8')).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!inData) command(line);
      else if (line !== '.') mail.data += `${line}\n`;
      else {
        inData = false;
        onMail(mail);
        answer(undefined, '250 queued');
      }
    }
  });
  answer('greeting', '220 fake ESMTP');
}

const addressIn = (line: string): string => /<([^>]*)>/.exec(line)?.[1] ?? '';
