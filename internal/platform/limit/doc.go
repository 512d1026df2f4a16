// Package limit bounds how often something may be tried: codes by SMS to one
// number, passwords for one account, requests from one address.
//
// A Rule allows Burst uses at once and gives them back evenly over Per, so that
// in any stretch of Per there are at most twice Burst, and over a long time no
// more than Burst in each Per (GCRA, the leaky bucket as a meter). One number
// is stored for each rule and key: the moment at which all uses are given back.
//
// Take keeps that number in the database: the limit holds over restarts and
// over all processes. TakeFast keeps it in memory, for reads, where the cost of
// a write would be worse than a limit counted by each process on its own.
//
// What a rule is applied to (a phone number, an address) is stored as a keyed
// hash only.
//
// Each feature declares its rules in one list, which app gives to Check
// together with the operator's overrides.
//
// Source: ITU-T I.371, annex A (GCRA).
package limit
