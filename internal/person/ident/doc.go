// Package ident reads the numbers by which the state knows people, their
// papers, vehicles and accounts: it takes them as people type them, returns the
// one form that is kept and compared, and says what is wrong with a bad one.
//
// A check digit catches a slip of the finger and proves nothing about who
// somebody is. Numbers that come from a trusted outside system may break it
// (test stands do): a connector keeps and flags such a number, it does not
// refuse the person.
//
// Functions called Parse… return the canonical form, Format… show it as it is
// printed in the document. All are pure. Every error is a [Reason].
package ident
