package i18n

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const nbsp = "\u00a0"

// clings holds the words that may not end a line: they cling to the next one.
var clings = map[string]bool{
	"а": true, "без": true, "в": true, "во": true, "для": true, "до": true, "за": true, "и": true, "из": true,
	"или": true, "к": true, "ко": true, "на": true, "над": true, "не": true, "ни": true, "но": true, "о": true,
	"об": true, "обо": true, "от": true, "по": true, "под": true, "при": true, "про": true, "с": true, "со": true,
	"у": true, "д.": true, "кв.": true, "п.": true, "ст.": true, "ул.": true, "№": true,
}

// clung holds the words that may not begin a line: they cling to the last one.
var clung = map[string]bool{"—": true, "б": true, "бы": true, "ж": true, "же": true, "ли": true}

// Glue puts no-break spaces where a Russian line must not break: after short
// prepositions and conjunctions, before a dash and particles, between a number
// and what it counts, after «№» and initials. Text that is glued already comes
// back the same.
func Glue(ru string) string {
	if !strings.Contains(ru, " ") {
		return ru
	}
	words := strings.Split(ru, " ")
	var b strings.Builder
	b.Grow(len(ru) + len(words))
	b.WriteString(words[0])
	for i := 1; i < len(words); i++ {
		if sticks(words[i-1], words[i]) {
			b.WriteString(nbsp)
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(words[i])
	}
	return b.String()
}

// sticks reports whether a line may not break between two words.
func sticks(left, right string) bool {
	if right == "" || left == "" || strings.HasSuffix(left, "\n") {
		return false
	}
	// What was glued before counts as one word: look at its near end.
	if i := strings.LastIndex(left, nbsp); i >= 0 {
		left = left[i+len(nbsp):]
	}
	if i := strings.Index(right, nbsp); i >= 0 {
		right = right[:i]
	}
	if clung[strings.TrimRight(right, ",:;?!")] {
		return true
	}
	bare := strings.TrimLeft(left, "«(\"\n")
	if clings[strings.ToLower(bare)] {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(left)
	first, _ := utf8.DecodeRuneInString(right)
	switch {
	case unicode.IsDigit(last) || strings.HasSuffix(left, "{n}"):
		return unicode.IsLetter(first) || unicode.IsDigit(first) || first == '%' || first == '₽'
	case last == '.': // initials: «М. А. Соколова»
		capital, size := utf8.DecodeRuneInString(bare)
		return unicode.IsUpper(capital) && len(bare) == size+1 && unicode.IsUpper(first)
	}
	return false
}
