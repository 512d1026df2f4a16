package place

import (
	"math"
	"net/netip"
	"time"

	"kabinet/internal/platform/i18n"
)

// Place is where an address roughly is. The zero Place is nowhere known.
type Place struct {
	Country string     `json:"country,omitempty"` // ISO 3166-1 alpha-2: "RU"
	Name    i18n.Words `json:"name"`              // «Россия» or «Москва, Россия»
	Points  []Point    `json:"points,omitempty"`  // one, when the town is known; "" leaves it to the country
}

// Point is a place on the globe, in degrees.
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Known reports whether the country is known.
func (p Place) Known() bool { return p.Country != "" }

const (
	earth = 6371 // km, radius
	// plane is how fast people travel at most, km/h, with the way to the airport
	// left out: whoever was faster was not there.
	plane = 1000
	// near is how far two places are apart at least before a journey between them
	// says anything, km: the data are not more exact.
	near = 300
)

// Distance returns how far apart two places are at least, in km; 0 when that
// is not known.
func (f *Finder) Distance(a, b Place) float64 {
	from, to := f.points(a), f.points(b)
	least := math.Inf(1)
	for _, p := range from {
		for _, q := range to {
			least = min(least, p.distance(q))
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

// Reachable reports whether somebody may have come from a to b in that time.
func (f *Finder) Reachable(a, b Place, took time.Duration) bool {
	d := f.Distance(a, b)
	return d < near || d <= plane*took.Hours()
}

// distance is along the surface of a globe.
func (p Point) distance(q Point) float64 {
	const rad = math.Pi / 180
	lat1, lat2 := p.Lat*rad, q.Lat*rad
	sin := math.Sin((lat2 - lat1) / 2)
	cos := math.Sin((q.Lon - p.Lon) * rad / 2)
	h := sin*sin + math.Cos(lat1)*math.Cos(lat2)*cos*cos
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(h)))
}

// Find tells where an address is; what is no address is nowhere.
func (f *Finder) Find(ip string) Place {
	if f == nil {
		return Place{}
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return Place{}
	}
	addr = addr.Unmap().WithZone("")
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return Place{}
	}
	if f.towns != nil {
		if p := f.town(addr); p.Known() {
			return p
		}
	}
	c := f.country(addr)
	if c == nil {
		return Place{}
	}
	return Place{Country: c.Code, Name: c.Name}
}
