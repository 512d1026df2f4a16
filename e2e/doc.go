// Package e2e holds stories told in a real browser against the real program.
//
// A Stand is the program started as its user starts it, `kabinet demo`, on free
// ports with a folder of its own; with KABINET_TEST_PG it works on a fresh
// PostgreSQL database. A Page is a tab of headless Chromium with cookies of its
// own, looked at as a View: width, language, with or without script, dark, high
// contrast. Stories find things as people do, by the words on them.
//
// Every page fails its test when the browser reports an error, a breach of the
// content policy, or a request to another site. Axe runs axe-core, which lies
// in testdata under the MPL-2.0 and is no part of the program.
//
// A picture of the page is kept in out/e2e when a story fails, and wherever a
// story asks for one.
package e2e
