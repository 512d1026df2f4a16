package ui

import (
	"strconv"
	"strings"

	"github.com/skip2/go-qrcode"
)

// qrQuiet is the white edge around a QR code, in its squares.
const qrQuiet = 4

// qrPath returns the squares of a QR code as a path of SVG, and the length of a
// side with its white edge. A text that no code can hold is drawn as nothing.
func qrPath(content string) (path string, side int) {
	code, err := qrcode.New(content, qrcode.Medium)
	if err != nil {
		return "", 2 * qrQuiet
	}
	code.DisableBorder = true
	bitmap := code.Bitmap()
	var b strings.Builder
	for y, row := range bitmap {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			from := x
			for x < len(row) && row[x] {
				x++
			}
			b.WriteString("M" + strconv.Itoa(from+qrQuiet) + " " + strconv.Itoa(y+qrQuiet) + "h" + strconv.Itoa(x-from) + "v1h-" + strconv.Itoa(x-from) + "z")
		}
	}
	return b.String(), len(bitmap) + 2*qrQuiet
}

func qrBox(side int) string { return "0 0 " + strconv.Itoa(side) + " " + strconv.Itoa(side) }
