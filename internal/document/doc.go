// Package document keeps the files of a person: what they uploaded and what
// the portal issued to them.
//
// An upload is a PDF, JPEG or PNG of at most 5 MiB. Its type is told by its
// content from the first byte on, places and other traces are taken out of
// photographs while they stream by, and only then is it stored, encrypted. A
// file with which something is wrong that the person can mend (cut off, locked
// by a password) is kept with the status "clarify" and cannot be attached; one
// that is dangerous or something else altogether is refused.
//
// An issued document is a PDF sealed by the operator, issued once per source
// (the application's step that asked for it), with a code of 80 bits under
// which anyone who holds the paper can see that it is genuine.
//
// Invariants: a file is seen by its account only; a file that was attached to
// something sent cannot be deleted; content is compared with its hash at each
// opening; names and whatever an issued document says lie in the database
// sealed; a code leads to what the paper itself shows, with the holder's
// initials for a name, and to nothing more.
//
// It does not decide who gets which document (application), nor what seals are
// made of (signature). PDF can hide active content in compressed objects: what
// is written plainly is refused, the rest is made harmless by how files are
// served (never as a page of ours) and found by the virus scanner, if there is
// one.
package document
