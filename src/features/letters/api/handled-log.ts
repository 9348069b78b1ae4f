/**
 * The ids of letters that this node has handled, on its disk: what `dedup` asks before a letter is handed over.
 *
 * Made by `letters.handle` once a handler wants it. Invariant: an id is on the disk before its letter is settled, or a
 * warning says that it is not; ids that come while others are being written are written together.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { type OwnFile, type OwnFiles, ownFilesPart } from '../../../kit/own-files.ts';
import { HandledIds } from '../core/handled-ids.ts';

interface Ports {
  readonly name: string;
  platformPart<Part>(name: string): Part | undefined;
  warn(code: string, text: string): void;
}

interface Waiting {
  readonly line: string;
  readonly done: () => void;
}

export class HandledLog {
  private readonly ports: Ports;
  private readonly wallNow: () => number;
  private readonly ids = new HandledIds();
  private readonly file: OwnFile;
  private waiting: Waiting[] = [];
  private isWriting = false;
  /** A line of it may be torn: it is written again. */
  private isUnknown = false;
  private opening: Promise<void> | undefined;

  /** @throws SkeinError SKEIN_INVALID where the node has no disk of its own. */
  constructor(ports: Ports, wallNow: () => number) {
    const files = ports.platformPart<OwnFiles>(ownFilesPart);
    if (files === undefined)
      throw new SkeinError('SKEIN_INVALID', 'dedup: this node has no files of its own: handle without it');
    this.ports = ports;
    this.wallNow = wallNow;
    this.file = files.open(ports.name, 'handled');
  }

  /** @throws SkeinError SKEIN_STORE where the file cannot be read. */
  open(): Promise<void> {
    this.opening ??= this.load().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** Resolves once it is on the disk, or a warning was given. */
  record(id: string): Promise<void> {
    const line = this.ids.add(id, this.wallNow());
    return new Promise((done) => {
      this.waiting.push({ line, done });
      if (!this.isWriting) void this.write();
    });
  }

  close(): Promise<void> {
    return this.file.close().catch(() => undefined);
  }

  private async load(): Promise<void> {
    let text: string;
    try {
      text = await this.file.read();
    } catch (cause) {
      const why = `dedup: the file of handled letters cannot be read: ${(cause as Error).message}`;
      throw new SkeinError('SKEIN_STORE', why, { cause });
    }
    const wrong = this.ids.load(text, this.wallNow());
    this.isUnknown = text !== '' && (wrong > 0 || !text.endsWith('\n'));
    // The last line may have been torn when the machine stopped.
    if (wrong > 1)
      this.ports.warn('letters', `dedup: ${wrong} lines of the file of handled letters are damaged`);
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const group = this.waiting;
      this.waiting = [];
      try {
        if (this.isUnknown || this.ids.isLong) await this.file.replace(this.ids.text());
        else await this.file.append(group.map(({ line }) => line).join(''));
        this.isUnknown = false;
      } catch (error) {
        this.isUnknown = true;
        this.ports.warn(
          'letters',
          `dedup: ${group.length} handled letters could not be noted, and may come again after a crash: ${(error as Error).message}`,
        );
      }
      for (const { done } of group) done();
    }
    this.isWriting = false;
  }
}
