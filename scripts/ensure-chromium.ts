/** Installs Debian's Chromium, if there is none and it is available, to test the inspector's page in a real browser. */
import { aptInstall } from './apt-install.ts';
import { chromiumPackage, findChromium } from './chromium.ts';

if (findChromium() === undefined) aptInstall(chromiumPackage, 'for the tests of the page');
if (findChromium() === undefined) {
  console.log(
    'NO BROWSER: the tests of the inspector’s page are skipped. Install Chromium, or name one in CHROMIUM.',
  );
}
