// Package audit keeps who did or saw what with somebody's data.
//
// A line belongs to the owner of the data: an account, or an agency. The lines
// of one owner form a chain: they are numbered from 1 without gaps, and each
// carries the hash of the one before it. Lines are only ever added, in the
// transaction of the act itself, so that neither exists without the other.
//
// The hash of a line is SHA-256 over the hash before it (32 zero bytes for the
// first) and then these fields in order, each preceded by its length as four
// bytes, big end first: owner, number in decimal, time as RFC 3339 in UTC with
// six digits of a second, kind of actor, actor, hash of the session, act,
// object, agency, reason.
//
// What a chain shows by itself: a line removed from its middle or beginning,
// edited, swapped with another, or added by hand. Cutting its last lines, or
// writing the whole chain anew, leaves a chain that is right in itself. Both
// show against an anchor: a digest over the ends of all chains, taken once a
// day and kept outside of the database (see Heads and Anchors).
//
// Lines hold IDs, message keys and short codes, and no personal data: they
// outlive what they tell of. The session stands as a hash, enough to tell
// whether two acts came from one device.
//
// Not decided here: which acts leave a line. Each feature writes its own and
// brings their texts: the act is a message key.
package audit
