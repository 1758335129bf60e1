// The views that are named, or every one; tests/system/web_test.py starts a service and runs this.
const kViews = ['page', 'leaderboard', 'samples', 'compare', 'rate', 'live', 'tokens'];

const named = process.argv.slice(2);
for (const view of named.length > 0 ? named : kViews) await import(`./${view}.mjs`);
