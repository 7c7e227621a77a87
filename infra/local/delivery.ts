import { errorMessage } from '../../shared/errors.ts';
import type { Publisher } from '../../shared/publisher.ts';
import { printable } from './printable.ts';

/** What became of the messages of an operator's command. Those that were not published wait in the outbox. */
export interface Delivery {
  published: number;
  waiting: number;
  /** Why the last of those that wait was not published. */
  reason: string | undefined;
}

/** A publisher that counts: a command's work is committed whether its messages can be published or not. */
export function countDelivery({ publish, close }: Publisher): { publisher: Publisher; delivery: Delivery } {
  const delivery: Delivery = { published: 0, waiting: 0, reason: undefined };
  return {
    delivery,
    publisher: {
      close,
      publish: async (messages) => {
        try {
          await publish(messages);
          delivery.published += messages.length;
        } catch (error) {
          delivery.waiting += messages.length;
          delivery.reason = errorMessage(error);
          throw error;
        }
      },
    },
  };
}

export function warnOfWaiting({ published, waiting, reason = '' }: Delivery): void {
  if (waiting === 0) return;
  const share = `${waiting} of ${published + waiting} messages`;
  console.error(`warning: ${share} wait in the outbox: ${printable(reason, 200)}; reconcile publishes them`);
}

/** @throws {Error} when messages were to be published, and not one was. */
export function checkPublished({ published, waiting }: Delivery): void {
  if (waiting > 0 && published === 0) throw new Error('nothing was published');
}
