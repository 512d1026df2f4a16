// Package desk is where those who run the portal see how it works: which
// version this is, how much background work waits, and which work failed for
// good and needs a person to look at why.
//
// Work on the cases of agencies is in package application. This package keeps
// nothing itself; it starts failed work again and writes down who did so.
package desk
