package document

import (
	"bytes"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"kabinet/internal/platform/pdf"
)

func aPDF(t testing.TB) []byte {
	t.Helper()
	file, err := pdf.Write(pdf.Doc{Title: "Договор аренды", Lang: "ru-RU", Portal: "Кабинет", Made: time.Unix(0, 0),
		Blocks: []pdf.Block{pdf.Para("Текст договора.")}})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func picture() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 320, 200))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(random.IntN(256))
	}
	img.Set(0, 0, color.White)
	return img
}

// place is what must not stay in a photograph.
const whereabouts = "GPS 55.7558 N 37.6173 E"

// aJPEG is a photograph with orientation 6, a place, a comment, and a film after its end.
func aJPEG(t testing.TB) []byte {
	t.Helper()
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, picture(), nil); err != nil {
		t.Fatal(err)
	}
	segment := func(marker byte, body string) string {
		n := len(body) + 2
		return "\xff" + string([]byte{marker, byte(n >> 8), byte(n)}) + body
	}
	exif := exifHead + "II\x2a\x00\x08\x00\x00\x00\x02\x00" +
		"\x0f\x01\x02\x00\x04\x00\x00\x00Cam\x00" + "\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" + "\x00\x00\x00\x00" + whereabouts
	return []byte("\xff\xd8" + segment(app1, exif) + segment(app1, "http://ns.adobe.com/xap/1.0/\x00"+whereabouts) +
		segment(0xfe, whereabouts) + segment(0xed, "Photoshop 3.0"+whereabouts) + string(plain.Bytes()[2:]) + "film " + whereabouts)
}

func aPNG(t testing.TB) []byte {
	t.Helper()
	var plain bytes.Buffer
	if err := png.Encode(&plain, picture()); err != nil {
		t.Fatal(err)
	}
	b := plain.Bytes()
	const afterHeader = 33
	return []byte(string(b[:afterHeader]) + chunk("tEXt", "Comment\x00"+whereabouts) + chunk("eXIf", whereabouts) + string(b[afterHeader:]) + "PK\x03\x04" + whereabouts)
}

func chunk(kind, body string) string {
	n, sum := len(body), crc32.ChecksumIEEE([]byte(kind+body))
	return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + kind + body + string([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// pass runs an upload through the checks.
func pass(r io.Reader) (stored []byte, c *content, err error) {
	c, err = inspect(r)
	if err != nil {
		return nil, nil, err
	}
	stored, err = io.ReadAll(c)
	return stored, c, err
}

// Proves: G-03
func TestAPhotographLosesItsTracesAndKeepsItsPicture(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		file   []byte
		format Format
	}{{"jpeg", aJPEG(t), JPEG}, {"png", aPNG(t), PNG}} {
		for how, r := range map[string]io.Reader{"at once": bytes.NewReader(tt.file), "byte by byte": iotest.OneByteReader(bytes.NewReader(tt.file))} {
			stored, c, err := pass(r)
			if err != nil || c.format != tt.format || c.flaw != Sound {
				t.Fatalf("%s %s: %v, %+v", tt.name, how, err, c)
			}
			if bytes.Contains(stored, []byte(whereabouts)) {
				t.Errorf("%s %s: the place is still in it", tt.name, how)
			}
			got, _, err := image.Decode(bytes.NewReader(stored))
			if err != nil {
				t.Fatalf("%s %s: %v", tt.name, how, err)
			}
			want, _, _ := image.Decode(bytes.NewReader(tt.file))
			for _, p := range []image.Point{{0, 0}, {17, 33}, {319, 199}} {
				if got.At(p.X, p.Y) != want.At(p.X, p.Y) {
					t.Errorf("%s %s: another picture at %v", tt.name, how, p)
				}
			}
		}
	}
	stored, _, _ := pass(bytes.NewReader(aJPEG(t)))
	if o := orientation(stored[6:]); o != 6 {
		t.Errorf("the photograph is turned to %d, want 6", o)
	}
}

// Proves: G-03
func TestWhatUploadsAreRefused(t *testing.T) {
	t.Parallel()
	good := aPDF(t)
	huge := bytes.Replace(aPNG(t), []byte("IHDR\x00\x00\x01\x40\x00\x00\x00\xc8"), []byte("IHDR\x00\x00\xea\x60\x00\x00\xea\x60"), 1)
	wide := bytes.Replace(aJPEG(t), []byte("\x08\x00\xc8\x01\x40"), []byte("\x08\xff\xff\xff\xff"), 1)
	inside := func(s string) string { return strings.Replace(string(good), "\n", "\n"+s+"\n", 1) }
	for name, tt := range map[string]struct {
		file string
		want error
	}{
		"nothing":                                {"", ErrEmpty},
		"one byte":                               {"%", ErrFormat},
		"an exe named pdf":                       {"MZ\x90\x00\x03\x00\x00\x00 %PDF-1.4", ErrFormat},
		"html named jpg":                         {"<html><script>alert(1)</script>", ErrFormat},
		"svg with script":                        {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, ErrFormat},
		"a gif":                                  {"GIF89a\x60\xea\x60\xea", ErrFormat},
		"an archive":                             {"PK\x03\x04", ErrFormat},
		"a pdf after an archive":                 {"PK\x03\x04\n" + string(good), ErrFormat},
		"one byte over the limit":                {string(good) + strings.Repeat(" ", MaxSize+1-len(good)), ErrTooLarge},
		"six megabytes":                          {"%PDF-1.4\n" + strings.Repeat("x", 6<<20), ErrTooLarge},
		"a picture of 60000 by 60000":            {string(huge), ErrBig},
		"a photograph of 65535 by 65535":         {string(wide), ErrBig},
		"half a photograph":                      {string(aJPEG(t)[:5000]), ErrBroken},
		"half a picture":                         {string(aPNG(t)[:5000]), ErrBroken},
		"a picture with a wrong sum":             {strings.Replace(string(aPNG(t)), "IDAT", "IDAT\x00", 1), ErrBroken},
		"a photograph without picture":           {"\xff\xd8\xff\xd9", ErrBroken},
		"html in a photograph's clothes":         {"\xff\xd8\xff<html><script>alert(1)</script>", ErrBroken},
		"a pdf with a program":                   {inside("<</S /JavaScript /JS (app.alert(1))>>"), ErrActive},
		"a pdf with a program spelled otherwise": {inside("<</S /J#61vaScr#69pt>>"), ErrActive},
		"a pdf that starts a program":            {inside("<</S/Launch/F(cmd.exe)>>"), ErrActive},
		"a pdf with a file in it":                {inside("<</Type /EmbeddedFile>>"), ErrActive},
	} {
		_, _, err := pass(strings.NewReader(tt.file))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestAFileOfExactlyTheLimitPasses(t *testing.T) {
	t.Parallel()
	good := aPDF(t)
	file := append(bytes.Clone(good[:15]), bytes.Repeat([]byte(" "), MaxSize-len(good))...)
	file = append(file, good[15:]...)
	stored, c, err := pass(bytes.NewReader(file))
	if err != nil || c.flaw != Sound || !bytes.Equal(stored, file) {
		t.Errorf("%d bytes: %v", len(stored), err)
	}
}

func TestAnActiveNameIsSeenWhereverPiecesMeet(t *testing.T) {
	t.Parallel()
	for shift := range 80 {
		file := "%PDF-1.4\n" + strings.Repeat("x", tailSize+32<<10-9-60+shift) + "/EmbeddedFile " + strings.Repeat("y", 1000)
		if _, _, err := pass(strings.NewReader(file)); !errors.Is(err, ErrActive) {
			t.Fatalf("shift %d: %v", shift, err)
		}
	}
	if _, _, err := pass(strings.NewReader("%PDF-1.4\n/Launch")); !errors.Is(err, ErrActive) {
		t.Errorf("at the very end: %v", err)
	}
}

func TestAPDFThatThePersonCanMendIsMarked(t *testing.T) {
	t.Parallel()
	good := string(aPDF(t))
	for name, tt := range map[string]struct {
		file string
		want Flaw
	}{
		"whole":                      {good, Sound},
		"whole, empty lines after":   {good + "\r\n\r\n", Sound},
		"its end is missing":         {good[:len(good)-300], CutOff},
		"random bytes":               {"%PDF-1.4\n" + strings.Repeat("\x9c\x01", 50_000), CutOff},
		"an archive after the end":   {good + "PK\x05\x06", CutOff},
		"locked by a password":       {strings.Replace(good, "trailer\n<<", "trailer\n<< /Encrypt 5 0 R", 1), Locked},
		"an empty list of enclosed":  {good, Sound}, // our own papers have "/EmbeddedFiles << /Names [] >>"
		"the letters without a name": {strings.Replace(good, "\n", "\nJavaScript Launch\n", 1), Sound},
	} {
		stored, c, err := pass(iotest.HalfReader(strings.NewReader(tt.file)))
		if err != nil || c.flaw != tt.want || string(stored) != tt.file {
			t.Errorf("%s: flaw %q, %v, same %v; want %q", name, c.flaw, err, string(stored) == tt.file, tt.want)
		}
	}
}

func TestASenderWhoWentAwayIsNotABrokenFile(t *testing.T) {
	t.Parallel()
	for _, file := range [][]byte{aPDF(t), aJPEG(t), aPNG(t)} {
		r := io.MultiReader(bytes.NewReader(file[:len(file)/2]), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, _, err := pass(r); !errors.Is(err, ErrCutOff) {
			t.Errorf("%v, want ErrCutOff", err)
		}
	}
}

func TestNamesAreMadeSafe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, want string }{
		{"Договор аренды.pdf", "Договор аренды.pdf"},
		{`C:\Users\Ivan\скан.PDF`, "скан.pdf"},
		{"../../etc/passwd", "passwd.pdf"},
		{"invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"},
		{"a\x00b\r\nc.pdf", "abc.pdf"},
		{"photo.jpg", "photo.pdf"},
		{"Справка от 04.12.2026", "Справка от 04.12.2026.pdf"},
		{"  .. .pdf", "file.pdf"},
		{"", "file.pdf"},
		{"\xff\xfe.pdf", "file.pdf"},
		{strings.Repeat("щ", 255) + ".pdf", strings.Repeat("щ", maxName-4) + ".pdf"},
		{"и\u0306од.pdf", "йод.pdf"},
	} {
		if got := cleanName(tt.name, PDF); got != tt.want {
			t.Errorf("%q → %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestExtensionsOfOtherKindsAreRefused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{
		"a.pdf": nil, "a.PDF": nil, "a.jpeg": nil, "a": nil, "Справка от 04.12.2026": nil, "отчёт.скан": nil,
		"a.pdf.exe": ErrFormat, "a.php": ErrFormat, "a.svg": ErrFormat, "x/a.html": ErrFormat, "a.docx": ErrFormat, "a.mp4": ErrFormat,
	} {
		if err := checkExtension(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func FuzzContent(f *testing.F) {
	f.Add(aPDF(f))
	f.Add(aJPEG(f))
	f.Add(aPNG(f))
	f.Fuzz(func(t *testing.T, file []byte) {
		stored, c, err := pass(bytes.NewReader(file))
		if err != nil {
			return
		}
		again, d, err := pass(bytes.NewReader(stored))
		if err != nil || !bytes.Equal(again, stored) || c.format != d.format {
			t.Errorf("what was stored does not pass unchanged: %v", err)
		}
	})
}

func BenchmarkInspectPDF(b *testing.B) {
	file := make([]byte, 1<<20)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range file {
		file[i] = byte(random.IntN(256))
	}
	copy(file, "%PDF-1.4\n")
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		c, _ := inspect(bytes.NewReader(file))
		io.Copy(io.Discard, c)
	}
}
