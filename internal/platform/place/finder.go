package place

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/oschwald/maxminddb-golang/v2"

	"kabinet/internal/platform/i18n"
)

//go:embed countries.bin.gz
var data []byte

// Finder finds the places of addresses. It may be used by several goroutines at
// once. The nil Finder finds nothing.
type Finder struct {
	countries []Country // the first is nowhere
	index     map[string]int
	v4        table[uint32] // by the first 24 bits
	v6        table[uint64] // by the first 48 bits
	towns     *maxminddb.Reader
}

// Country is what the file says of a country.
type Country struct {
	Code   string     `json:"code"`
	Name   i18n.Words `json:"name"`
	Points []Point    `json:"points,omitempty"` // its larger towns
}

// Head begins the file, as a line of JSON; the tables follow.
type Head struct {
	Date      string    `json:"date"` // of the data
	Countries []Country `json:"countries"`
	V4        int       `json:"v4"` // rows of the tables
	V6        int       `json:"v6"`
}

// table tells for each start, in order, which country begins there.
type table[T uint32 | uint64] struct {
	starts    []T
	countries []byte
}

func (t table[T]) find(at T) int {
	i, found := slices.BinarySearch(t.starts, at)
	if !found {
		i--
	}
	if i < 0 {
		return 0
	}
	return int(t.countries[i])
}

// Open reads the countries, and a database of towns in MaxMind's format when
// its file is named. Its records are those of the City and Country databases:
// country.iso_code, country.names, city.names, location, or country_code alone.
func Open(towns string) (*Finder, error) {
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading the countries: %w", err)
	}
	f, err := read(bufio.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("reading the countries: %w", err)
	}
	if towns == "" {
		return f, nil
	}
	if f.towns, err = maxminddb.Open(towns); err != nil {
		return nil, fmt.Errorf("opening the database of places: %w", err)
	}
	return f, nil
}

func read(r *bufio.Reader) (*Finder, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var head Head
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	f := &Finder{countries: append([]Country{{}}, head.Countries...), index: map[string]int{}}
	for i, c := range f.countries {
		f.index[c.Code] = i
	}
	if f.v4, err = readTable[uint32](r, head.V4, len(f.countries)); err != nil {
		return nil, err
	}
	f.v6, err = readTable[uint64](r, head.V6, len(f.countries))
	return f, err
}

func readTable[T uint32 | uint64](r *bufio.Reader, rows, countries int) (t table[T], err error) {
	t.starts, t.countries = make([]T, rows), make([]byte, rows)
	last := uint64(0)
	for i := range t.starts {
		d, err := binary.ReadUvarint(r)
		if err != nil {
			return t, err
		}
		last += d
		t.starts[i] = T(last)
	}
	if _, err := io.ReadFull(r, t.countries); err != nil {
		return t, err
	}
	for _, c := range t.countries {
		if int(c) >= countries {
			return t, fmt.Errorf("country %d of %d", c, countries)
		}
	}
	return t, nil
}

// country returns nil when the address belongs to none.
func (f *Finder) country(addr netip.Addr) *Country {
	i := 0
	if addr.Is4() {
		b := addr.As4()
		i = f.v4.find(binary.BigEndian.Uint32(b[:]) >> 8)
	} else {
		b := addr.As16()
		i = f.v6.find(binary.BigEndian.Uint64(b[:8]) >> 16)
	}
	if i == 0 {
		return nil
	}
	return &f.countries[i]
}

// points are where a place may be.
func (f *Finder) points(p Place) []Point {
	if len(p.Points) > 0 || f == nil {
		return p.Points
	}
	return f.countries[f.index[p.Country]].Points
}

// record is what databases of towns say of an address.
type record struct {
	Code    string `maxminddb:"country_code"`
	Country struct {
		Code  string            `maxminddb:"iso_code"`
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"country"`
	City struct {
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"city"`
	Location struct {
		Lat float64 `maxminddb:"latitude"`
		Lon float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
}

// town returns the zero Place when the database does not know the address.
func (f *Finder) town(addr netip.Addr) Place {
	var r record
	if err := f.towns.Lookup(addr).Decode(&r); err != nil {
		return Place{}
	}
	p := Place{Country: r.Country.Code}
	if p.Country == "" {
		p.Country = r.Code
	}
	if p.Name = f.countries[f.index[p.Country]].Name; p.Name == (i18n.Words{}) {
		p.Name = words(r.Country.Names)
	}
	if city := words(r.City.Names); city != (i18n.Words{}) {
		p.Name = i18n.Words{RU: city.RU + ", " + p.Name.RU, EN: city.EN + ", " + p.Name.EN}
	}
	if r.Location.Lat != 0 || r.Location.Lon != 0 {
		p.Points = []Point{{r.Location.Lat, r.Location.Lon}}
	}
	return p
}

func words(names map[string]string) i18n.Words {
	w := i18n.Words{RU: names["ru"], EN: names["en"]}
	if w.RU == "" {
		w.RU = w.EN
	}
	return w
}
