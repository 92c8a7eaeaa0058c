import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditOutbox } from './audit-outbox';
import { UploadPreparations } from './uploads/upload-preparations';

/** How long what a crash left behind waits at most while a process runs, in milliseconds. */
const SWEEP_INTERVAL_MS = 15_000;

/** Runs the sweeps of the outbox and of uploads at start and then at intervals, never two at a time. */
@Injectable()
export class AuditOutboxSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AuditOutboxSweeper.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly outbox: AuditOutbox,
    private readonly preparations: UploadPreparations,
  ) {}

  onApplicationBootstrap(): void {
    this.start();
    this.timer = setInterval(() => {
      this.start();
    }, SWEEP_INTERVAL_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private start(): void {
    this.running ??= this.sweep().finally(() => {
      this.running = undefined;
    });
  }

  private async sweep(): Promise<void> {
    try {
      const handedOn = await this.outbox.sweep();
      if (handedOn > 0) this.logger.log(`handed on the audit records of ${String(handedOn)} documents`);
      const settled = await this.preparations.sweep();
      if (settled > 0) this.logger.log(`settled ${String(settled)} uploads that had broken off`);
    } catch (error) {
      this.logger.warn(`the rest waits for the next sweep: ${error instanceof Error ? error.name : 'unknown'}`);
    }
  }
}
