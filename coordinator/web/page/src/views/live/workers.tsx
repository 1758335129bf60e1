import type {WorkerStatus} from '../../api/types';
import {benchmarkTitle, integer} from '../../format';
import {Empty, Scrolling} from '../../ui/parts';
import {linkTo} from '../../url';

export function Workers({workers}: {workers: readonly WorkerStatus[]}) {
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
            {connected.map((worker) => (
              <tr key={worker.worker.worker_id}>
                <th scope="row">{worker.worker.worker_id}<small>{worker.worker.hostname}</small></th>
                <td><Running worker={worker} /></td>
                <td class="number">{worker.leases}</td>
                <td>{worker.worker.device}</td>
                <td class="number">{worker.worker.threads}</td>
                <td>{worker.worker.engine_version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {gone > 0 && <p class="hint">{integer(gone)} more were seen before and are not connected.</p>}
    </>
  );
}

function Running({worker}: {worker: WorkerStatus}) {
  const running = worker.running ?? [];
  if (running.length === 0) return <span class="faint">{worker.leases > 0 ? 'works' : 'idle'}</span>;
  return (
    <>
      {running.map((lease) => (
        <div key={lease.run_id}>
          {lease.model} on {benchmarkTitle(lease.benchmark)}, <a href={linkTo('samples', {run: lease.run_id})}>run {lease.run_id}</a>
          <span class="faint">, {integer(lease.items)} items</span>
        </div>
      ))}
    </>
  );
}
