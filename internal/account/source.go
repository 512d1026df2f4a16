package account

// Source is what limits of other features count a request's address by: an
// IPv4 address, or the /64 of an IPv6 one.
func Source(ip string) string { return sourceOf(ip) }
