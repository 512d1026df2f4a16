// Package live tells open pages that something happened, by server-sent events.
//
// A page opens one stream; Serve takes its connection over from the HTTP
// server, so that a waiting page costs a socket and some 200 bytes, with no
// goroutine and no buffer. Publish writes to the streams of one topic, which is
// an account's ID; Broadcast writes to all.
//
// An event is a hint that the page should ask anew, not a message that must
// arrive: it is lost for whoever is not connected at that moment. A page
// therefore asks anew whenever its stream opens, which it also does by itself
// after every break.
//
// Streams end when the peer is gone or does not take what is written, when the
// account opens more than its share (the oldest ends), and when they have lived
// long enough that the session behind them should be looked at again.
//
// Where the connection cannot be taken over (HTTP/2) the stream is served by
// its handler's goroutine instead, with the same promises.
//
// With several processes, whoever publishes lets each of them know and each
// calls Deliver: through signals of the database, or by Options.Relay.
//
// Source: WHATWG HTML, 9.2 Server-sent events.
package live
