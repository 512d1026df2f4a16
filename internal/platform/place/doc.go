// Package place tells roughly where an IP address is: its country, and, when the
// operator gives a larger database, its town.
//
// The countries come with the program: countries.bin.gz, made by
// internal/tools/places from the statistics of the regional Internet registries
// (NRO, CC BY 4.0) and the points of the time zone database (public domain). IPv4
// is kept to /24, IPv6 to /48. An address of a private network is nowhere.
//
// A place is a hint: providers move addresses, people use tunnels. Nothing may be
// refused for it alone.
package place
