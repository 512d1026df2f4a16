// Package arch holds no code of the product. Its tests keep the map of the
// project true: who may import whom, what a kind of file may not hold, that
// every text exists and is used, and that every requirement once proved by a
// test stays proved. Each failure says why the rule exists.
package arch
