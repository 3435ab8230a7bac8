import { describe, expect, it } from 'vitest';
import { type Disk, launcherOf, type Running } from '../../../../src/cli/wrap/launcher.ts';

/** A disk with these files, of which some are links to others. */
const disk = (files: Readonly<Record<string, string>>): Disk => ({
  exists: (path) => Object.hasOwn(files, path),
  real: (path) => files[path] ?? path,
});

const running = (more: Partial<Running>): Running => ({
  node: '/usr/bin/node',
  script: '/usr/lib/node_modules/toolfuse/dist/cli/index.js',
  version: '1.2.3',
  platform: 'linux',
  environment: { PATH: '/home/me/.npm/_npx/1a/node_modules/.bin:/usr/local/bin:/usr/bin' },
  ...more,
});

const npxScript = '/home/me/.npm/_npx/1a/node_modules/toolfuse/dist/cli/index.js';

describe('what clients start toolfuse by', () => {
  it('is the path of Node.js and of the script that runs', () => {
    expect(launcherOf(running({}), disk({}))).toEqual({
      words: ['/usr/bin/node', '/usr/lib/node_modules/toolfuse/dist/cli/index.js', 'mcp'],
      isNpx: false,
    });
  });

  it('is a path of Node.js that outlives its upgrade, where the search path has one', () => {
    const node = '/opt/homebrew/Cellar/node/22.1.0/bin/node';
    const environment = { PATH: '/run/user/1/fnm_multishells/1/bin:/opt/homebrew/bin' };
    const files = { '/run/user/1/fnm_multishells/1/bin/node': node, '/opt/homebrew/bin/node': node };
    expect(launcherOf(running({ node, environment }), disk(files)).words[0]).toBe('/opt/homebrew/bin/node');
    const other = { '/opt/homebrew/bin/node': '/opt/homebrew/Cellar/node/20.0.0/bin/node' };
    expect(launcherOf(running({ node, environment }), disk(other)).words[0]).toBe(node);
  });

  it('is what is installed where it runs by npx, and npx with the version where nothing is', () => {
    const script = '/home/me/.npm/_npx/1a/node_modules/.bin/toolfuse';
    const ofNpx = { [script]: npxScript };
    expect(launcherOf(running({ script }), disk(ofNpx))).toEqual({
      words: ['npx', '-y', 'toolfuse@1.2.3', 'mcp'],
      isNpx: true,
    });
    const installed = {
      ...ofNpx,
      '/usr/local/bin/toolfuse': '/usr/local/lib/node_modules/toolfuse/dist/cli/index.js',
    };
    expect(launcherOf(running({ script }), disk(installed)).words).toEqual([
      '/usr/bin/node',
      '/usr/local/bin/toolfuse',
      'mcp',
    ]);
  });

  it.each(['/tmp/xfs-1/dlx-12', '/home/me/.cache/pnpm/dlx/1a', '/tmp/bunx-0-toolfuse@latest'])(
    'is no path that is there only for a while: %s',
    (folder) => {
      const script = `${folder}/node_modules/toolfuse/dist/cli/index.js`;
      expect(launcherOf(running({ script }), disk({})).isNpx).toBe(true);
    },
  );

  it('has the folders and the names of Windows there', () => {
    const npm = 'C:\\Users\\me\\AppData\\Roaming\\npm';
    const script =
      'C:\\Users\\me\\AppData\\Local\\npm-cache\\_npx\\1a\\node_modules\\toolfuse\\dist\\cli\\index.js';
    const here = running({
      platform: 'win32',
      node: 'C:\\Program Files\\nodejs\\node.exe',
      script,
      environment: { Path: `C:\\Program Files\\nodejs;${npm}` },
    });
    const installed = `${npm}\\node_modules\\toolfuse\\dist\\cli\\index.js`;
    expect(launcherOf(here, disk({ [installed]: installed })).words).toEqual([
      'C:\\Program Files\\nodejs\\node.exe',
      installed,
      'mcp',
    ]);
  });
});
