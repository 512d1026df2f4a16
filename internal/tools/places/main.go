// Command places makes internal/platform/place/countries.bin.gz:
//
//	npm pack @ip-location-db/geo-whois-asn-country@VERSION && tar xzf *.tgz
//	go run ./internal/tools/places -date 2026-06-17 -from package -zones /usr/share/zoneinfo/zone.tab
//
// from is the folder with the package's files (NRO, CC BY 4.0), zones is the list
// of places of the time zone database (public domain). Names are those of CLDR.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/place"
)

func main() {
	date := flag.String("date", "", "day of the data, 2026-06-17")
	from := flag.String("from", "package", "folder with the ranges, CSV")
	zones := flag.String("zones", "/usr/share/zoneinfo/zone.tab", "places of the time zone database")
	to := flag.String("to", "internal/platform/place/countries.bin.gz", "file to write")
	flag.Parse()
	if err := run(*date, *from, *zones, *to); err != nil {
		fmt.Fprintln(os.Stderr, "places:", err)
		os.Exit(1)
	}
}

func run(date, from, zones, to string) error {
	// An IPv4 address is cut to its first 24 bits, an IPv6 one to 48.
	v4, err := ranges(filepath.Join(from, "geo-whois-asn-country-ipv4-num.csv"), 8)
	if err != nil {
		return err
	}
	v6, err := ranges(filepath.Join(from, "geo-whois-asn-country-ipv6-num.csv"), 80)
	if err != nil {
		return err
	}
	points, err := places(zones)
	if err != nil {
		return err
	}
	codes := []string{""}
	for _, row := range slices.Concat(v4, v6) {
		if !slices.Contains(codes, row.country) {
			codes = append(codes, row.country)
		}
	}
	slices.Sort(codes)
	if len(codes) > 256 {
		return fmt.Errorf("%d countries do not fit a byte", len(codes))
	}
	head := place.Head{Date: date, V4: len(v4), V6: len(v6)}
	for _, code := range codes[1:] {
		head.Countries = append(head.Countries, place.Country{Code: code, Name: name(code), Points: points[code]})
	}
	return write(to, head, codes, v4, v6)
}

// row says that from here on addresses belong to a country, "" being none.
type row struct {
	start   uint64
	country string
}

// ranges reads first,last,country and returns where countries begin, of
// addresses without their last bits. Where several share the rest, the first wins.
func ranges(file string, bits uint) ([]row, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []row
	next := uint64(0) // the first that has no country yet
	add := func(start uint64, country string) {
		if n := len(rows); n == 0 || rows[n-1].country != country {
			rows = append(rows, row{start, country})
		}
	}
	for r := csv.NewReader(f); ; {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			add(next, "")
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		first, err1 := cut(line[0], bits)
		last, err2 := cut(line[1], bits)
		if err := cmp.Or(err1, err2); err != nil {
			return nil, err
		}
		if first = max(first, next); last < first {
			continue
		}
		if first > next {
			add(next, "")
		}
		add(first, country(line[2]))
		next = last + 1
	}
}

// country returns "" for codes that stand for no country of today: EU, AP, AN.
func country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() || display.Regions(language.Russian).Name(region) == "" {
		return ""
	}
	return code
}

func cut(number string, bits uint) (uint64, error) {
	n, ok := new(big.Int).SetString(number, 10)
	if !ok {
		return 0, fmt.Errorf("%q is no number", number)
	}
	return n.Rsh(n, bits).Uint64(), nil
}

// places reads the points of each country from zone.tab.
func places(file string) (map[string][]place.Point, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	points := map[string][]place.Point{}
	for line := range strings.Lines(string(b)) {
		col := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(col) < 3 {
			continue
		}
		i := strings.LastIndexAny(col[1], "+-")
		lat, err1 := degrees(col[1][:i], 2)
		lon, err2 := degrees(col[1][i:], 3)
		if err := cmp.Or(err1, err2); err != nil {
			return nil, fmt.Errorf("%s: %w", col[1], err)
		}
		points[col[0]] = append(points[col[0]], place.Point{Lat: lat, Lon: lon})
	}
	return points, nil
}

// degrees reads ±DDMM or ±DDMMSS to a tenth of a degree; width is that of the
// degrees.
func degrees(s string, width int) (float64, error) {
	d, err1 := strconv.Atoi(s[1 : 1+width])
	m, err2 := strconv.Atoi(s[1+width : 3+width])
	value := float64(d) + float64(m)/60
	if s[0] == '-' {
		value = -value
	}
	value, err3 := strconv.ParseFloat(strconv.FormatFloat(value, 'f', 1, 64), 64)
	return value, cmp.Or(err1, err2, err3)
}

func name(code string) i18n.Words {
	region := language.MustParseRegion(code) // country let it pass
	return i18n.Words{RU: display.Regions(language.Russian).Name(region), EN: display.Regions(language.English).Name(region)}
}

func write(to string, head place.Head, codes []string, tables ...[]row) error {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	line, err := json.Marshal(head)
	if err != nil {
		return err
	}
	out.Write(append(line, '\n'))
	for _, rows := range tables {
		last := uint64(0)
		for _, r := range rows {
			out.Write(binary.AppendUvarint(nil, r.start-last))
			last = r.start
		}
		for _, r := range rows {
			i, _ := slices.BinarySearch(codes, r.country)
			out.WriteByte(byte(i))
		}
	}
	if err := cmp.Or(out.Flush(), w.Close()); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o644)
}
