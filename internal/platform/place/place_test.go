package place

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func open(t *testing.T, towns string) *Finder {
	t.Helper()
	f, err := Open(towns)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Proves: S-32
func TestCountriesOfAddresses(t *testing.T) {
	t.Parallel()
	f := open(t, "")
	for ip, want := range map[string]string{
		"77.88.8.8":        "RU",
		"::ffff:77.88.8.8": "RU",
		"2a02:6b8::1":      "RU",
		"8.8.8.8":          "US",
		"193.0.6.139":      "NL",
		"127.0.0.1":        "",
		"192.168.1.1":      "",
		"fe80::1%eth0":     "",
		"fd00::1":          "",
		"not an address":   "",
		"":                 "",
		"255.255.255.255":  "",
		"0.0.0.0":          "",
	} {
		if got := f.Find(ip); got.Country != want {
			t.Errorf("%q is in %q, want %q", ip, got.Country, want)
		}
	}
	if got := f.Find("77.88.8.8").Name; got.RU != "Россия" || got.EN != "Russia" {
		t.Errorf("the country is called %+v", got)
	}
	for _, c := range f.countries[1:] {
		if c.Name.RU == "" || c.Name.EN == "" {
			t.Errorf("%s has no name", c.Code)
		}
	}
}

func TestHowFarPlacesAreApart(t *testing.T) {
	t.Parallel()
	f := open(t, "")
	at := func(code string) Place { return Place{Country: code} }
	for _, c := range []struct {
		from, to Place
		took     time.Duration
		want     bool
	}{
		{at("RU"), at("RU"), 0, true},
		{at("RU"), at("KZ"), 0, true}, // across a border that is near
		{at("RU"), at("BR"), 2 * time.Hour, false},
		{at("RU"), at("BR"), 20 * time.Hour, true},
		{at("RU"), Place{}, 0, true}, // nowhere known
		{Place{}, Place{}, 0, true},
		{Place{Country: "RU", Points: []Point{{55.75, 37.62}}}, Place{Country: "RU", Points: []Point{{43.12, 131.89}}}, time.Hour, false},
		{Place{Country: "RU", Points: []Point{{55.75, 37.62}}}, Place{Country: "RU", Points: []Point{{43.12, 131.89}}}, 8 * time.Hour, true},
	} {
		if got := f.Reachable(c.from, c.to, c.took); got != c.want {
			t.Errorf("%v → %v in %v: %v (%.0f km)", c.from.Country, c.to.Country, c.took, got, f.Distance(c.from, c.to))
		}
	}
	if d := (Point{55.75, 37.62}).distance(Point{43.12, 131.89}); d < 6300 || d > 6500 {
		t.Errorf("Moscow and Vladivostok are %.0f km apart", d)
	}
}

func TestATownFromTheOperatorsDatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "towns.mmdb")
	words := func(ru, en string) []any { return []any{"names", []any{"ru", ru, "en", en}} }
	content := []any{"country", append(words("Россия", "Russia"), "iso_code", "RU"), "city", words("Тверь", "Tver"),
		"location", []any{"latitude", 56.86, "longitude", 35.9}}
	if err := os.WriteFile(file, mmdb(content), 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, file)
	got := f.Find("77.88.8.8")
	if got.Country != "RU" || got.Name.RU != "Тверь, Россия" || got.Name.EN != "Tver, Russia" || len(got.Points) != 1 || got.Points[0].Lat != 56.86 {
		t.Errorf("the place is %+v", got)
	}
	if got := f.Find("193.0.6.139"); got.Country != "NL" {
		t.Errorf("what the database does not know is in %q", got.Country)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.mmdb")); err == nil {
		t.Error("a database that is not there was opened")
	}
}

// mmdb makes a database in which the lower half of IPv4 has one record. Maps are
// lists of name, value pairs. Source: MaxMind DB 2.0.
func mmdb(content []any) []byte {
	node := []byte{0, 0, 17, 0, 0, 1} // of one node: 0… leads to the record, 1… to nothing
	b := append(node, make([]byte, 16)...)
	b = append(b, encode(content)...)
	b = append(b, "\xab\xcd\xefMaxMind.com"...)
	return append(b, encode([]any{"node_count", 1, "record_size", 24, "ip_version", 4, "database_type", "Test",
		"binary_format_major_version", 2, "binary_format_minor_version", 0, "build_epoch", 1, "languages", []string{}, "description", []any{}})...)
}

func encode(v any) []byte {
	switch v := v.(type) {
	case string:
		return append([]byte{2<<5 | byte(len(v))}, v...)
	case int: // uint32
		return binary.BigEndian.AppendUint32([]byte{6<<5 | 4}, uint32(v))
	case float64:
		return append([]byte{3<<5 | 8}, float(v)...)
	case []string:
		return []byte{0, 11 - 7} // an empty array
	case []any:
		b := []byte{7<<5 | byte(len(v)/2)}
		for _, one := range v {
			b = append(b, encode(one)...)
		}
		return b
	}
	panic("unknown type")
}

func float(v float64) []byte { return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)) }

func BenchmarkFind(b *testing.B) {
	f, err := Open("")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f.Find("77.88.8.8")
	}
}
