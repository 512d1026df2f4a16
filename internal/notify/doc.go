// Package notify tells people what happened: in the feed of their account, on
// pages that are open, by e-mail and by SMS.
//
// Send adds a notice in the transaction of what it tells of, so that neither
// exists without the other. Its key is unique for the account: however often
// the work around it is repeated there is one notice. The feed and the number
// of unread notices are exact.
//
// E-mail and SMS are sent by a job of their own, so a partner that is down
// never holds up what people do; it is tried again for about two days. Before a
// message is handed to a partner a row of delivery says so, and after it what
// became of it. A message goes out once; only when the process dies between
// the partner's answer and that row it goes out again, under the same ID, by
// which the partner or the mail program can tell; the row counts how often
// that happened. What failed for good stays visible to the person in
// «История сообщений» and to the operator as a dead job.
//
// Texts are stored as message keys with their arguments, sealed, and become
// words when somebody reads them, in the language of that moment. Nothing of a
// notice but its time, topic and key lies open; keys hold IDs only.
//
// A notice that the person deleted is hidden, and can be brought back; the
// history of messages still tells that it was sent.
//
// Reading, marking and deleting notices leaves no audit line: it changes
// nothing but the person's own view.
//
// Not decided here: which events are worth a notice, whom they concern and
// which of them go by SMS. Each feature sends its own.
package notify
