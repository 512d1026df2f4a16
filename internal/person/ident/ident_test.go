package ident

import (
	"errors"
	"strings"
	"testing"
)

// one parser for the tables: two answers are joined by a space.
type parser func(string) (string, error)

type vector struct {
	typed, want string
	reason      Reason // "" when it is accepted
}

func check(t *testing.T, parse parser, vectors []vector) {
	t.Helper()
	for _, v := range vectors {
		got, err := parse(v.typed)
		var reason Reason
		errors.As(err, &reason)
		if got != v.want || reason != v.reason || (err != nil) != (v.reason != "") {
			t.Errorf("%q: got %q, %v, want %q, %v", v.typed, got, err, v.want, v.reason)
		}
	}
}

// Proves: B-24, A-12
func TestSNILS(t *testing.T) {
	t.Parallel()
	for _, valid := range []string{
		"112-233-445 95", "087-654-303 00", "276-488-905 42", "100-206-999 99", "100-207-899 00", "100-207-989 00", "100-207-998 01",
		"203-877-995 99", "204-957-896 00", "205-985-843 00", "201-998-992 01", "001-001-998 00", "000-000-600 06",
	} {
		check(t, ParseSNILS, []vector{{valid, bare(valid), ""}, {bare(valid), bare(valid), ""}})
		if got := FormatSNILS(bare(valid)); strings.ReplaceAll(got, "\u00a0", " ") != valid {
			t.Errorf("shown as %q, want %q", got, valid)
		}
	}
	check(t, ParseSNILS, []vector{
		{"112-233-445 96", "", CheckDigit},
		{"200-746-095 00", "", CheckDigit},
		{"077-507-507 77", "", CheckDigit},
		{"100-207-899 10", "", CheckDigit},
		{"100-207-989 01", "", CheckDigit},
		{"000-000-000 00", "", Zeros},
		{"112-233-445 9", "", Length},
		{"112-233-445 955", "", Length},
		{"112-233-44О 95", "", Characters},
		{"", "", Length},
	})
}

// Proves: A-12
func TestINN(t *testing.T) {
	t.Parallel()
	for _, valid := range []string{"7707083893", "7830002293", "7710474375", "7700000070", "500100732259", "585204118212", "770000000300"} {
		check(t, ParseINN, []vector{{valid, valid, ""}})
	}
	check(t, ParseINN, []vector{
		{"77 07 083893", "7707083893", ""},
		{"7707083894", "", CheckDigit},
		{"500100732258", "", CheckDigit},
		{"7743013902", "", CheckDigit},
		{"50010073225", "", Length},
		{"0000000000", "", Zeros},
		{"000000000000", "", Zeros},
		{"50010073225a", "", Characters},
	})
	check(t, ParsePersonINN, []vector{{"500100732259", "500100732259", ""}, {"7707083893", "", Length}})
}

func TestOGRN(t *testing.T) {
	t.Parallel()
	for _, valid := range []string{"1027700132195", "1047702026701", "1037700013020", "1027700000020",
		"304500116000157", "304500116000050", "304500116000061", "304500116000072"} {
		check(t, ParseOGRN, []vector{{valid, valid, ""}})
	}
	check(t, ParseOGRN, []vector{
		{"1027700132194", "", CheckDigit}, {"7723819340452", "", CheckDigit}, {"304500116000158", "", CheckDigit},
		{"0000000000000", "", Zeros}, {"102770013219", "", Length},
	})
}

func TestBankAccount(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		bik, account string
		reason       Reason
	}{
		{"044525225", "30101810400000000225", ""},
		{"044525974", "30101810145250000974", ""},
		{"044525187", "30101810700000000187", ""},
		{"044525593", "30101810200000000593", ""},
		{"024501901", "40102810045370000002", ""},
		{"004525988", "40102810545370000003", ""},
		{"044525700", "40702810800001400002", ""},
		{"044525225", "40817810700000000001", ""},
		{"044525225", "40817810800000000001", CheckDigit},
		{"040349602", "40702810300000012345", ""},
		{"024501901", "03100643000000019500", ""},
		{"044525225", "4081781070000000000", Length},
		{"044525225", "408178107000000000011", Length},
		{"044525225", "00000000000000000000", Zeros},
		{"044525225", "40817Б10700000000001", Characters},
		{"", "40817810700000000001", CheckDigit},
	} {
		check(t, func(s string) (string, error) { return ParseBankAccount(v.bik, s) },
			[]vector{{v.account, map[bool]string{true: v.account}[v.reason == ""], v.reason}})
	}
	check(t, ParseBIK, []vector{{"044 525 225", "044525225", ""}, {"04452522", "", Length}, {"000000000", "", Zeros}, {"04452522X", "", Characters}})
}

// Proves: A-12
func TestPassport(t *testing.T) {
	t.Parallel()
	two := func(s string) (string, error) {
		series, number, _ := strings.Cut(s, "|")
		series, number, err := ParsePassport(series, number)
		return series + number, err
	}
	check(t, two, []vector{
		{"37 51|379 232", "3751379232", ""},
		{"3751|№379232", "3751379232", ""},
		{"0000|000000", "", Zeros},
		{"0000|123456", "0000123456", ""}, // people of the demonstration
		{"375|379232", "", Length},
		{"3751|37923", "", Length},
		{"37AB|379232", "", Characters},
	})
	check(t, ParseDivisionCode, []vector{{"006006", "006006", ""}, {"006-006", "006006", ""}, {"00600", "", Length}, {"00600а", "", Characters}, {"000-000", "", Zeros}})
	check(t, ParseForeignPassport, []vector{{"70 1234567", "701234567", ""}, {"70123456", "", Length}})
	for got, want := range map[string]string{
		FormatPassport("3751", "379232"): "37 51 379232", FormatDivisionCode("006006"): "006-006", FormatForeignPassport("701234567"): "70 1234567",
		FormatVehicleCertificate("1231231231"): "12 31 231231", FormatOMS("7849500830000203"): "7849 5008 3000 0203",
	} {
		if strings.ReplaceAll(got, "\u00a0", " ") != want {
			t.Errorf("shown as %q, want %q", got, want)
		}
	}
}

func TestBirthCertificate(t *testing.T) {
	t.Parallel()
	check(t, ParseBirthCertificate, []vector{
		{"II-АЛ 123456", "II-АЛ 123456", ""},
		{"XIV-МЮ 654321", "XIV-МЮ 654321", ""},
		{"I-ЕР 000123", "I-ЕР 000123", ""},
		{"11ал123456", "II-АЛ 123456", ""},
		{"Х1У-МЮ № 654321", "XIV-МЮ 654321", ""},
		{"IIII-АЛ 123456", "", Shape},
		{"VV-АЛ 123456", "", Shape},
		{"II-AL 123456", "", Characters},
		{"0-АЛ 123456", "", Shape},
		{"II-АЛ 000000", "", Zeros},
		{"II-АЛ", "", Length},
		{"АЛ123456", "", Length},
	})
	for _, roman := range []string{"I", "IV", "V", "IX", "XL", "XLIX", "L", "XC", "XCIX", "CCCXCIX", "VIII", "LXXXVIII"} {
		if !canonicalRoman(roman) {
			t.Errorf("%s is refused", roman)
		}
	}
	for _, wrong := range []string{"", "IIV", "IC", "VX", "LL", "CCCC", "XXXX", "IXI", "IXV"} {
		if canonicalRoman(wrong) {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

func TestVehicles(t *testing.T) {
	t.Parallel()
	check(t, ParsePlate, []vector{
		{"А123АА111", "А123АА111", ""}, {"A123BC77", "А123ВС77", ""}, {"м001мм199", "М001ММ199", ""},
		{"1234АВ77", "1234АВ77", ""}, {"АВ123477", "АВ123477", ""}, {"АВ12377", "АВ12377", ""},
		{"А000АА77", "", Zeros}, {"Б123АА77", "", Characters}, {"А123АА7", "", Shape}, {"", "", Shape},
	})
	check(t, ParseVIN, []vector{
		{"1M8GDM9AXKP042788", "1M8GDM9AXKP042788", ""}, {"XTA210990Y2765499", "XTA210990Y2765499", ""},
		{"хта210990у2765499", "XTA210990Y2765499", ""}, {"1M8GDM9AXKP04278", "", Length}, {"1M8GDM9AXKP04278O", "", Characters},
	})
	check(t, ParseVehicleCertificate, []vector{
		{"1231 231231", "1231231231", ""}, {"12AB 884455", "12АВ884455", ""}, {"1231 23123", "", Length}, {"AB31 231231", "", Characters},
	})
}

func TestOMS(t *testing.T) {
	t.Parallel()
	for _, valid := range []string{"7849500830000203", "7756410887001230", "5068250819000018", "1692789748007779", "6347999768123459"} {
		check(t, ParseOMS, []vector{{valid, valid, ""}})
	}
	check(t, ParseOMS, []vector{{"6555320880000082", "", CheckDigit}, {"784950083000020", "", Length}, {"0000000000000000", "", Zeros}})
}

// Proves: A-12
func TestPhone(t *testing.T) {
	t.Parallel()
	check(t, ParsePhone, []vector{
		{"8 900 000-12-34", "+79000001234", ""}, {"+7 (900) 000-12-34", "+79000001234", ""}, {"79000001234", "+79000001234", ""},
		{"9000001234", "+79000001234", ""}, {"+7(840)0000006", "+78400000006", ""}, {"+375 29 123-45-67", "+375291234567", ""},
		{"900000123", "", Length}, {"890000012345", "", Length}, {"+8 900 000-12-34", "+89000001234", ""},
		{"+7 000 000-00-00", "", Shape}, {"позвоните", "", Characters}, {"", "", Length}, {"+7", "", Length},
	})
	if !Mobile("+79000001234") || Mobile("+78400000006") || Mobile("+375291234567") {
		t.Error("mobile numbers are not told from others")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"112-233-445 95", "7707083893", "II-АЛ 123456", "А123АА111", "+7 900 000-12-34", "\xff", "№"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, parse := range map[string]parser{"snils": ParseSNILS, "inn": ParseINN, "ogrn": ParseOGRN, "phone": ParsePhone, "oms": ParseOMS,
			"birth": ParseBirthCertificate, "plate": ParsePlate, "vin": ParseVIN, "sts": ParseVehicleCertificate, "bik": ParseBIK,
			"account": func(s string) (string, error) { return ParseBankAccount("044525225", s) }} {
			once, err := parse(s)
			if err != nil {
				continue
			}
			if again, err := parse(once); err != nil || again != once {
				t.Errorf("%s: %q is kept as %q, which reads as %q, %v", name, s, once, again, err)
			}
		}
	})
}
