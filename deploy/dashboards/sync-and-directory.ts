import type { Dashboard } from './dashboard.ts'
import { processPanels } from './process-panels.ts'
import { of } from './queries.ts'

/** Where users come from. */
export const syncAndDirectory: Dashboard = {
  name: 'parley-sync-and-directory',
  title: 'Parley: sync and directory',
  description: 'Whether the directory is followed, and what of it cannot be used.',
  rows: [
    {
      title: 'Is the directory followed?',
      width: 8,
      height: 8,
      panels: [
        {
          kind: 'state-timeline',
          title: 'At work',
          description: 'One writes, the others stand by.',
          queries: [{ expression: of('parley_sync_active'), legend: '{{pod}} {{instance}}' }],
          steps: [
            [null, 'text'],
            [1, 'green'],
          ],
          alert: 'ParleyNobodySyncs',
        },
        {
          kind: 'state-timeline',
          title: 'Hindered',
          description: 'The directory is away, a run is refused, or it fails: the log and "parley status" say which.',
          queries: [{ expression: of('parley_sync_hindered'), legend: '{{pod}} {{instance}}' }],
          steps: [
            [null, 'green'],
            [1, 'red'],
          ],
          alert: 'ParleySyncHindered',
        },
        {
          kind: 'timeseries',
          title: 'Entries that cannot be used',
          description:
            'Two with one alias, names that cannot be part of a URL, and the like. "parley status" names them.',
          queries: [{ expression: `max(${of('parley_sync_problems')})`, legend: 'entries' }],
          alert: 'ParleyDirectoryEntriesUnusable',
        },
      ],
    },
    {
      title: 'What comes from it',
      width: 8,
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Users and groups',
          description: 'From the directory, in the map.',
          queries: [
            { expression: `max(${of('parley_sync_users')})`, legend: 'users' },
            { expression: `max(${of('parley_sync_groups')})`, legend: 'groups' },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Changes',
          description: 'Entries of the map that were written, in an hour.',
          queries: [
            { expression: `sum by (what) (increase(${of('parley_sync_changes_total')}[1h]))`, legend: '{{what}}' },
          ],
          isStacked: true,
        },
        {
          kind: 'timeseries',
          title: 'Runs',
          description: 'Complete ones in an hour, by what they read: everything, or changes only.',
          queries: [
            { expression: `sum by (read) (increase(${of('parley_sync_runs_total')}[1h]))`, legend: '{{read}}' },
          ],
        },
      ],
    },
    processPanels('sync'),
  ],
}
