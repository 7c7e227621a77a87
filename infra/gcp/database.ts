import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js';
import { SqlDatabase } from '@cdktf/provider-google/lib/sql-database/index.js';
import { SqlDatabaseInstance } from '@cdktf/provider-google/lib/sql-database-instance/index.js';
import { SqlUser } from '@cdktf/provider-google/lib/sql-user/index.js';
import { Fn } from 'cdktf';
import type { Network } from './network.ts';
import { databaseName, platformName, type Scope } from './scope.ts';

/** Flags of Cloud SQL for PostgreSQL 15 to 17. */
function flagsOf({ database }: Scope['environment']): { name: string; value: string }[] {
  return [
    { name: 'cloudsql.iam_authentication', value: 'on' },
    { name: 'max_connections', value: String(database.maxConnections) },
    // What an instance that died left open holds no lock for longer.
    { name: 'idle_in_transaction_session_timeout', value: '60000' },
    { name: 'log_lock_waits', value: 'on' },
    { name: 'log_min_duration_statement', value: '5000' },
  ];
}

/** The Postgres of the platform, with a private address only and IAM login. */
export function createDatabase({ stack, environment }: Scope, network: Network): SqlDatabaseInstance {
  const { database, region, zone } = environment;
  const instance = new SqlDatabaseInstance(stack, 'database', {
    name: platformName,
    databaseVersion: database.version,
    region,
    // Of Terraform; `deletionProtectionEnabled` holds for the console and gcloud too.
    deletionProtection: database.isProtected,
    settings: {
      edition: 'ENTERPRISE',
      tier: database.tier,
      availabilityType: database.isHighlyAvailable ? 'REGIONAL' : 'ZONAL',
      diskType: 'PD_SSD',
      diskSize: database.diskGiB,
      diskAutoresize: true,
      deletionProtectionEnabled: database.isProtected,
      databaseFlags: flagsOf(environment),
      locationPreference: { zone: `${region}-${zone}` },
      ipConfiguration: { ipv4Enabled: false, privateNetwork: network.vpc.id, sslMode: 'ENCRYPTED_ONLY' },
      backupConfiguration: {
        enabled: true,
        // 03:00 in São Paulo, in UTC: before the daily export.
        startTime: '06:00',
        pointInTimeRecoveryEnabled: true,
        transactionLogRetentionDays: 7,
        backupRetentionSettings: { retainedBackups: database.backupCount, retentionUnit: 'COUNT' },
      },
      maintenanceWindow: { day: 7, hour: 7, updateTrack: 'stable' },
      insightsConfig: { queryInsightsEnabled: true, recordClientAddress: false },
    },
    dependsOn: [network.services],
    // The disk grows by itself, and Terraform must not shrink it again.
    lifecycle: { ignoreChanges: ['settings[0].disk_size'] },
  });
  new SqlDatabase(stack, 'database-destaques', {
    name: databaseName,
    instance: instance.name,
    deletionPolicy: 'ABANDON',
  });
  return instance;
}

/** The database login of a service account: it has no password, and no right before a migration grants some. */
export function createDatabaseUser(
  { stack }: Scope,
  user: { name: string; account: ServiceAccount; instance: SqlDatabaseInstance },
): SqlUser {
  return new SqlUser(stack, `database-user-${user.name}`, {
    instance: user.instance.name,
    type: 'CLOUD_IAM_SERVICE_ACCOUNT',
    // Cloud SQL leaves this part out, as names in Postgres are short.
    name: Fn.trimsuffix(user.account.email, '.gserviceaccount.com'),
    // A user that owns or may do anything cannot be dropped.
    deletionPolicy: 'ABANDON',
  });
}
