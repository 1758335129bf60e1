import type {WorkerStatus, WorkLease} from '../../api/types';
import {benchmarkTitle, integer, numberOf} from '../../format';
import {Empty, Scrolling} from '../../ui/parts';
import {linkTo} from '../../url';

export function Workers({workers, leases}: {workers: readonly WorkerStatus[]; leases: readonly WorkLease[]}) {
  const connected = workers.filter((worker) => worker.connected);
  const gone = workers.length - connected.length;
  if (connected.length === 0) {
    return (
      <Empty>
        <p>No worker is connected, so nothing runs. Start one: <code>assay-worker --coordinator HOST:PORT</code></p>
      </Empty>
    );
  }
  return (
    <>
      <Scrolling label="Workers">
        <table>
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col">Runs now</th>
              <th scope="col" class="number">Leases</th>
              <th scope="col">Device</th>
              <th scope="col" class="number">Threads</th>
              <th scope="col">Engine</th>
            </tr>
          </thead>
          <tbody>
            {connected.map(({worker, leases: count}) => (
              <tr key={worker.worker_id}>
                <th scope="row">{worker.worker_id}<small>{worker.hostname}</small></th>
                <td><Running leases={leases.filter((lease) => lease.worker_id === worker.worker_id)} count={count} /></td>
                <td class="number">{count}</td>
                <td>{worker.device}</td>
                <td class="number">{worker.threads}</td>
                <td>{worker.engine_version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {gone > 0 && <p class="hint">{integer(gone)} more {gone === 1 ? 'was' : 'were'} seen before, and not connected now.</p>}
    </>
  );
}

/** The leases of a worker by run. */
function Running({leases, count}: {leases: readonly WorkLease[]; count: number}) {
  const runs = new Map<string, WorkLease[]>();
  for (const lease of leases) runs.set(lease.run_id, [...(runs.get(lease.run_id) ?? []), lease]);
  if (runs.size === 0) return <span class="faint">{count > 0 ? 'works' : 'idle'}</span>;
  return (
    <>
      {[...runs.values()].map((all) => {
        const lease = all[0]!;
        const again = Math.max(...all.map((one) => numberOf(one.attempt)));
        return (
          <div key={lease.run_id}>
            {lease.model} on {benchmarkTitle(lease.benchmark)}, <a href={linkTo('samples', {run: lease.run_id})}>run {lease.run_id}</a>
            <span class="faint">, {integer(all.reduce((sum, one) => sum + numberOf(one.items), 0))} items{again > 1 && `, attempt ${again}`}</span>
          </div>
        );
      })}
    </>
  );
}
