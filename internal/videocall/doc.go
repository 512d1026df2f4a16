// Package videocall lets a person prove who they are in a meeting by video with
// an operator.
//
// The person waits in a queue, an operator takes the meeting, looks at the face
// and the passport before the camera, and decides. The pictures go from browser
// to browser, or through the relay of the portal (platform/relay), encrypted
// from end to end either way; nothing is recorded. What the two browsers have to
// tell each other before (signals: descriptions of the connection) passes
// through the database, sealed, and is deleted when the meeting ends.
//
// Invariants:
//   - A person has at most one meeting that is open.
//   - A meeting is taken by one operator, who is somebody else than the person.
//   - A decision is made once, in one transaction with the level that follows.
//   - Nobody but the two reads or writes the signals of a meeting.
//
// A person who is not seen waiting for goneAfter is not called; it is by what
// the browser asks that they are seen.
//
// Source: requirements, S-31.
package videocall
