// Package home is the first page of the portal: for a visitor what the portal
// offers, for a person who is signed in what waits for them; and the pages of
// help and contacts.
//
// It shows what other features keep and keeps nothing itself. Whatever is on it
// has its own page in the feature that owns it.
package home
