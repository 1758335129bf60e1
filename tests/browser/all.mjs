// Every view of the web page; tests/system/web_test.py starts a service and runs this.
import './page.mjs';
import './leaderboard.mjs';
import './samples.mjs';
import './compare.mjs';
import './rate.mjs';
import './live.mjs';
