// Package gost is the hash GOST R 34.11-2012 («Стрибог») and the signature GOST
// R 34.10-2012 on every curve that certificates name.
//
// It is for verifying. Its arithmetic takes a time that depends on the numbers,
// which tells nothing when all of them are public. Sign exists for the sandbox,
// for demonstrations and for tests: a key that matters is never given to this
// package, but lies in a certified device of its owner.
//
// Byte orders differ from other signatures, and each is told where it is used:
// a digest is a little-endian number, a public key is X then Y, each
// little-endian, and a signature is s then r, each big-endian.
//
// Source: RFC 6986 (hash), RFC 7091 (signature), RFC 4357 and RFC 7836 (curves),
// RFC 9215 (keys in certificates).
package gost
