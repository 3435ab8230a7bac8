import './styles/index.css';
import { render } from 'preact';
import { Board } from './board.tsx';
import { ChartView } from './chart-view.tsx';
import { Header } from './header.tsx';
import { route } from './route.ts';
import { Runs } from './runs.tsx';
import { Sequence } from './sequence.tsx';
import { connect, connection, hello } from './store.ts';

/** Explains why the page shows nothing. */
function Outside() {
  return (
    <main class="empty">
      <h1>Not let in</h1>
      <p>
        Either the inspector has ended, or this address is not the whole one: it ends in <code>#</code> and a
        key, which was printed with it.
      </p>
    </main>
  );
}

function Page() {
  const { view } = route.value;
  return (
    <>
      <Header />
      {connection.value === 'outside' ? (
        <Outside />
      ) : hello.value === undefined ? (
        <main class="empty">
          <h1 class="unseen">toolfuse</h1>
          <p class="quiet">Connecting…</p>
        </main>
      ) : view === 'board' ? (
        <Board />
      ) : view === 'runs' ? (
        <Runs />
      ) : view === 'chart' ? (
        <ChartView />
      ) : (
        <Sequence />
      )}
    </>
  );
}

connect();
render(<Page />, document.getElementById('page') as HTMLElement);
