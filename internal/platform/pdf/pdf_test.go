package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

var made = time.Date(2026, 11, 21, 9, 12, 0, 0, time.UTC)

func certificate() Doc {
	return Doc{
		Title:    "Справка о доходах за 2025 год",
		Subtitle: "№ 2026-000124 от 21 ноября 2026 г.",
		Lang:     "ru-RU",
		Portal:   "Кабинет",
		Agency:   "Налоговая служба Заречной области",
		Number:   "№ 2026-000124",
		Made:     made,
		Banner:   "Демонстрационный документ",
		PageOf:   func(n, of int) string { return fmt.Sprintf("Страница %d из %d", n, of) },
		Blocks: []Block{
			Para("Выдана по заявлению, поданному через портал."),
			Section("Сведения о заявителе"),
			Pairs{{"Фамилия, имя, отчество", "Соколова Мария Андреевна"}, {"СНИЛС", "112-233-445 95"}},
			Section("Доходы"),
			Table{
				Columns: []Column{{Title: "Месяц"}, {Title: "Сумма, ₽", Right: true}},
				Rows:    [][]string{{"Январь", "64 200,00"}, {"Февраль", "64 200,00"}},
				Total:   []string{"Всего", "128 400,00"},
			},
			Note{Title: "Документ подписан электронной подписью", Lines: []string{"Сертификат 01 9F AC"}},
			QR{Content: "https://kabinet.example.test/verify/ABCD-EFGH", Title: "Проверьте документ", Lines: []string{"Наведите камеру телефона."}},
		},
	}
}

// tool runs one of poppler's programs on the file and returns what it prints.
func tool(t *testing.T, file []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	path := filepath.Join(t.TempDir(), "doc.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "FILE", path)
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

func write(t *testing.T, d Doc) []byte {
	t.Helper()
	file, err := Write(d)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEveryWordOnThePaperCanBeSearched(t *testing.T) {
	t.Parallel()
	text := tool(t, write(t, certificate()), "pdftotext", "-layout", "FILE", "-")
	for _, want := range []string{
		"Справка о доходах за 2025 год", "№ 2026-000124 от 21 ноября 2026 г.", "Кабинет", "Налоговая служба Заречной области",
		"Демонстрационный документ", "Страница 1 из 1", "Соколова Мария Андреевна", "112-233-445 95", "Сумма, ₽", "128 400,00",
		"Документ подписан электронной подписью", "Сертификат 01 9F AC", "Наведите камеру телефона.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text:\n%s", want, text)
		}
	}
}

func TestTheFileNamesItselfAndItsDate(t *testing.T) {
	t.Parallel()
	file := write(t, certificate())
	info := tool(t, file, "pdfinfo", "FILE")
	for _, want := range []string{"Справка о доходах за 2025 год", "A4", "JavaScript:      no"} {
		if !strings.Contains(info, want) {
			t.Errorf("%q is not in\n%s", want, info)
		}
	}
	if !bytes.Contains(file, []byte("/Lang (ru-RU)")) {
		t.Error("the file does not say its language")
	}
}

func TestTheSameDocumentGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first := write(t, certificate())
	for range 5 {
		if !bytes.Equal(first, write(t, certificate())) {
			t.Fatal("two writings of one document differ")
		}
	}
}

func TestALongTableRepeatsItsHeadAndCountsPages(t *testing.T) {
	t.Parallel()
	d := certificate()
	table := Table{Columns: []Column{{Title: "Номер", Share: 1}, {Title: "Начисление", Share: 4}}}
	for i := range 200 {
		table.Rows = append(table.Rows, []string{fmt.Sprintf("row%d", i), "Оплата труда"})
	}
	d.Blocks = append(d.Blocks, table)
	text := tool(t, write(t, d), "pdftotext", "-layout", "FILE", "-")
	pages := strings.Count(text, "\f")
	if pages < 4 {
		t.Fatalf("%d pages", pages)
	}
	if want := fmt.Sprintf("Страница %d из %d", pages, pages); !strings.Contains(text, want) {
		t.Errorf("no %q", want)
	}
	if n := strings.Count(text, "Начисление"); n < pages-1 {
		t.Errorf("the head of the table stands %d times on %d pages", n, pages)
	}
	for i := range 200 {
		if !strings.Contains(text, fmt.Sprintf("row%d ", i)) {
			t.Errorf("row %d is lost", i)
		}
	}
}

func TestHostileTextIsTamed(t *testing.T) {
	t.Parallel()
	d := certificate()
	d.Blocks = []Block{
		Pairs{{"Имя", "Анна\u202e\u0000\u0007 Ivan"}, {"Знак", "до 😀 после"}, {strings.Repeat("щ", 300), strings.Repeat("ю", 3000)}},
		Table{Columns: []Column{{Title: "A"}, {Title: "B"}}, Rows: [][]string{{"только одна"}, {"1", "2", "лишняя"}, {strings.Repeat("длинное слово ", 900), "x"}}},
		Table{}, Para(""), Pairs{},
	}
	file := write(t, d)
	text := tool(t, file, "pdftotext", "-layout", "FILE", "-")
	for _, want := range []string{"Анна Ivan", "до ? после", "только одна"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "ю"); n != 3000 {
		t.Errorf("%d of 3000 letters of an endless word", n)
	}
	if strings.ContainsRune(text, '\u202e') {
		t.Error("a direction mark got through")
	}
}

func TestAnEndlessDocumentIsRefused(t *testing.T) {
	t.Parallel()
	d := certificate()
	d.Blocks = []Block{Para(strings.Repeat("строка\n", MaxPages*60))}
	if _, err := Write(d); !errors.Is(err, ErrTooLong) {
		t.Errorf("%v, want ErrTooLong", err)
	}
}

func TestTheSquareCodeCanBeReadFromThePaper(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "page")
	tool(t, write(t, certificate()), "pdftoppm", "-r", "150", "-png", "-singlefile", "FILE", path)
	raw, err := os.ReadFile(path + ".png")
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil || code.GetText() != "https://kabinet.example.test/verify/ABCD-EFGH" {
		t.Errorf("%v, %v", code, err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		if _, err := Write(certificate()); err != nil {
			b.Fatal(err)
		}
	}
}
