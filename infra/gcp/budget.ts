import { BillingBudget } from '@cdktf/provider-google/lib/billing-budget/index.js';
import type { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel/index.js';
import { platformName, type Scope } from './scope.ts';

/** Says when a month costs more than was meant, and before that when it is going to. */
export function createBudget(
  { stack, environment }: Scope,
  parts: { billingAccount: string; projectNumber: string; channel: MonitoringNotificationChannel },
): void {
  new BillingBudget(stack, 'budget', {
    billingAccount: parts.billingAccount,
    displayName: `${platformName} (${environment.name})`,
    amount: { specifiedAmount: { currencyCode: 'USD', units: String(environment.budgetUsd) } },
    budgetFilter: { projects: [`projects/${parts.projectNumber}`] },
    thresholdRules: [
      { thresholdPercent: 0.5 },
      { thresholdPercent: 0.9 },
      { thresholdPercent: 1 },
      { thresholdPercent: 1, spendBasis: 'FORECASTED_SPEND' },
    ],
    allUpdatesRule: { monitoringNotificationChannels: [parts.channel.name] },
  });
}
