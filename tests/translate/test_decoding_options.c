/* Decoding options: what goes together, and how they are described. */
#include "tests/model/network_fixture.h"
#include "translate/translate.h"

static lt_error error;

static lt_decoding_options with(const char *settings[][2], size_t count)
{
    lt_decoding_options options = {0};
    void *base;
    assert_ok(lt_options_defaults(&options, lt_decoding_table, &error));
    for (size_t i = 0; i < count; i++) {
        const lt_option *option = lt_options_find(&options, lt_decoding_table, settings[i][0], &base, &error);
        assert_non_null(option);
        assert_ok(lt_option_parse(base, option, settings[i][0], settings[i][1], &error));
    }
    return options;
}

typedef struct rule {
    const char *settings[2][2];
    int attention;
    const char *named; /* the key in the message; NULL: all is well */
} rule;

static void what_makes_no_sense_is_named(void **state)
{
    (void)state;
    static rule rules[] = {
        {{{"beam_size", "4"}, {"normalize", "0.6"}}, LT_ATTENTION_NONE, NULL},
        {{{"coverage_penalty", "0.2"}, {"no_repeat_ngram", "3"}}, LT_ATTENTION_DOT, NULL},
        {{{"coverage_penalty", "0.2"}, {"beam_size", "4"}}, LT_ATTENTION_NONE, "decoding.coverage_penalty: "},
        {{{"replace_unk", "true"}, {"beam_size", "4"}}, LT_ATTENTION_NONE, "decoding.replace_unk: "},
        {{{"replace_unk", "true"}, {"sampling", "true"}}, LT_ATTENTION_ADDITIVE, NULL},
        {{{"coverage_penalty", "0.2"}, {"sampling", "true"}},
         LT_ATTENTION_DOT,
         "decoding.coverage_penalty: "},
        {{{"temperature", "0.9"}, {"beam_size", "4"}}, LT_ATTENTION_DOT, "decoding.temperature: "},
        {{{"temperature", "0.9"}, {"sampling", "true"}}, LT_ATTENTION_NONE, NULL},
        {{{"temperature", "1.1"}, {"top_k", "5"}}, LT_ATTENTION_DOT, "decoding.temperature: "},
        {{{"top_k", "9"}, {"beam_size", "4"}}, LT_ATTENTION_DOT, "decoding.top_k: "},
        {{{"top_p", "0.5"}, {"beam_size", "4"}}, LT_ATTENTION_DOT, "decoding.top_p: "},
        {{{"sampling_seed", "0"}, {"beam_size", "4"}}, LT_ATTENTION_DOT, "decoding.sampling_seed: "},
        {{{"min_length_factor", "1.5"}, {"max_length_factor", "1.5"}}, LT_ATTENTION_NONE, NULL},
        {{{"min_length_factor", "1.5"}, {"max_length_factor", "1.4"}},
         LT_ATTENTION_NONE,
         "decoding.min_length_factor: "},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        rule *one = &rules[i];
        const lt_decoding_options options = with(one->settings, 2);
        lt_model_options model = fixture_options(1, 8, 8, LT_TIED_NONE);
        model.decoder.attention = one->attention;
        error = (lt_error){0};
        assert_int_equal(lt_decoding_options_check(&options, &model, &error),
                         one->named ? LT_ERROR_USAGE : LT_OK);
        if (one->named) assert_ptr_equal(strstr(error.message, one->named), error.message);
    }
}

static void described(const char *settings[][2], size_t count, const char *wanted)
{
    lt_text text = {0};
    const lt_decoding_options options = with(settings, count);
    assert_ok(lt_decoding_describe(&text, &options, &error));
    assert_string_equal(text.data, wanted);
    lt_text_clear(&text);
}

#define ALWAYS "beam_size=5 normalize=1 max_length=1000 max_length_factor=3 allow_unk=false"

/* Records of before the later options stay comparable. */
static void descriptions_say_what_is_unusual(void **state)
{
    (void)state;
    static const char *searched[][2] = {
        {"coverage_penalty", "0.2"}, {"no_repeat_ngram", "3"}, {"replace_unk", "true"}};
    static const char *sampled[][2] = {{"min_length_factor", "0.5"},
                                       {"sampling", "true"},
                                       {"temperature", "0.8"},
                                       {"top_k", "10"},
                                       {"top_p", "0.9"},
                                       {"sampling_seed", "7"}};
    described(NULL, 0, ALWAYS);
    described(searched, 3, ALWAYS " coverage_penalty=0.2 no_repeat_ngram=3 replace_unk=true");
    described(sampled, 6,
              ALWAYS
              " min_length_factor=0.5 sampling=true temperature=0.8 top_k=10 top_p=0.9 sampling_seed=7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_no_sense_is_named),
        cmocka_unit_test(descriptions_say_what_is_unusual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
