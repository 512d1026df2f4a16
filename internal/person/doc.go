// Package person keeps who somebody is: name, papers, address, sealed, with the
// history of their changes.
//
// Data come in parts (Part), each edited on a page of its own. A part that a
// register or an operator verified is frozen: the holder changes it by a
// request, not by typing. What the holder types is checked for form only
// (package ident); whether it is true is another matter.
//
// The parts that are filled in raise the account from Simplified to Standard,
// and emptying one takes it back. Confirmed is set by who checked the papers and
// is never touched here.
package person
