#include "tokenizer/sentencepiece_shim.h"

#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

extern "C" {
#include "model/batch.h"
}

struct lt_spm {
    sentencepiece::SentencePieceProcessor processor;

    /* The same model for text that continues a word; made when it is first wanted, which is seldom. */
    const sentencepiece::SentencePieceProcessor &of(bool continues) const
    {
        /* normalizer_spec { add_dummy_prefix: false }: a message that comes twice is the union of both */
        static const char without_mark[] = {0x1A, 2, 0x18, 0};
        if (!continues) return processor;
        std::call_once(once, [this] {
            const std::string bytes =
                processor.serialized_model_proto() + std::string(without_mark, sizeof without_mark);
            const auto status = inner.LoadFromSerializedProto(bytes);
            if (!status.ok()) throw std::runtime_error(status.ToString());
        });
        return inner;
    }

  private:
    mutable std::once_flag once;
    mutable sentencepiece::SentencePieceProcessor inner;
};

namespace
{

/* The library's level for what it is about to die of; below that it is silent. */
const char silent[] = "3";

/* Of the public interface only a training sets the level, so this starts one that has nothing to read. */
void keep_silent()
{
    static std::once_flag once;
    std::call_once(once, [] {
        std::string model;
        const std::unordered_map<std::string, std::string> settings = {{"minloglevel", silent}};
        sentencepiece::SentencePieceTrainer::Train(settings, nullptr, &model).IgnoreError();
    });
}

/* The library puts "Internal: src/file.cc(123) [condition] " before its sentence. */
std::string sentence_of(const sentencepiece::util::Status &status)
{
    const std::string message = status.ToString();
    const size_t bracket = message.rfind("] ");
    return bracket == std::string::npos || bracket + 2 == message.size() ? message
                                                                         : message.substr(bracket + 2);
}

/* Calls `body`, which returns a status, and turns what it throws into one. */
template <typename Body> lt_status guarded(lt_error *error, Body body) noexcept
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory in SentencePiece");
    } catch (const std::exception &exception) {
        return lt_fail(error, LT_ERROR_LIBRARY, "SentencePiece failed: %s", exception.what());
    } catch (...) {
        return lt_fail(error, LT_ERROR_LIBRARY, "SentencePiece failed and does not say why");
    }
}

/* The lines of a callback as the library wants them: one ahead. A failure of the callback ends them; its
 * record stays in `error`. */
class lines_iterator : public sentencepiece::SentenceIterator
{
  public:
    lines_iterator(lt_tokenizer_lines next, void *context, lt_error *error)
        : next_(next), context_(context), error_(error)
    {
        Next();
    }
    bool done() const override { return done_; }
    void Next() override
    {
        const char *bytes = nullptr;
        size_t length = 0;
        code = next_(context_, &bytes, &length, &done_, error_);
        if (code != LT_OK)
            done_ = true;
        else if (!done_)
            line_.assign(bytes, length);
    }
    const std::string &value() const override { return line_; }
    sentencepiece::util::Status status() const override
    {
        if (code == LT_OK) return {};
        return {sentencepiece::util::StatusCode::kAborted, "the lines ended early"};
    }

    lt_status code = LT_OK;

  private:
    lt_tokenizer_lines next_;
    void *context_;
    lt_error *error_;
    std::string line_;
    bool done_ = false;
};

/* Where in the text each piece stands, behind what `ranges` holds. */
lt_status append_ranges(lt_ranges *ranges, const sentencepiece::ImmutableSentencePieceText &found,
                        lt_error *error)
{
    for (size_t i = 0; i < found.pieces_size(); i++) {
        const auto piece = found.pieces(static_cast<int>(i));
        LT_TRY(lt_ranges_add(ranges, piece.begin(), piece.end(), error));
    }
    return LT_OK;
}

lt_status failed(lt_error *error, const char *what, const sentencepiece::util::Status &status)
{
    return lt_fail(error, LT_ERROR_LIBRARY, "SentencePiece cannot %s: %s", what, sentence_of(status).c_str());
}

} // namespace

lt_status lt_spm_train(lt_text *model, const lt_strings *settings, lt_tokenizer_lines next, void *context,
                       lt_error *error)
{
    return guarded(error, [&]() -> lt_status {
        std::unordered_map<std::string, std::string> map = {{"minloglevel", silent}};
        for (size_t i = 0; i < settings->count; i++) {
            const std::string setting = settings->items[i];
            const size_t equals = setting.find('=');
            map[setting.substr(0, equals)] = setting.substr(equals + 1);
        }
        std::string bytes;
        lines_iterator lines(next, context, error);
        if (lines.code != LT_OK) return lines.code;
        const auto status = sentencepiece::SentencePieceTrainer::Train(map, &lines, &bytes);
        if (lines.code != LT_OK) return lines.code;
        if (!status.ok()) return lt_fail(error, LT_ERROR_USAGE, "%s", sentence_of(status).c_str());
        return lt_text_append(model, bytes.data(), bytes.size(), error);
    });
}

lt_status lt_spm_create(lt_spm **spm, const void *bytes, size_t length, lt_error *error)
{
    *spm = nullptr;
    lt_spm *created = nullptr;
    const lt_status code = guarded(error, [&]() -> lt_status {
        keep_silent();
        created = new lt_spm;
        const auto status = created->processor.LoadFromSerializedProto(
            std::string_view(static_cast<const char *>(bytes), length));
        if (!status.ok())
            return lt_fail(error, LT_ERROR_FORMAT, "SentencePiece refuses the model: %s",
                           sentence_of(status).c_str());
        return LT_OK;
    });
    if (code == LT_OK)
        *spm = created;
    else
        lt_spm_free(created);
    return code;
}

void lt_spm_free(lt_spm *spm)
{
    delete spm;
}

size_t lt_spm_size(const lt_spm *spm)
{
    return static_cast<size_t>(spm->processor.GetPieceSize());
}

const char *lt_spm_piece(const lt_spm *spm, size_t id)
{
    return spm->processor.IdToPiece(static_cast<int>(id)).c_str();
}

float lt_spm_score(const lt_spm *spm, size_t id)
{
    return spm->processor.GetScore(static_cast<int>(id));
}

bool lt_spm_normal(const lt_spm *spm, size_t id)
{
    const int number = static_cast<int>(id);
    const auto &processor = spm->processor;
    return !processor.IsUnknown(number) && !processor.IsControl(number) && !processor.IsByte(number);
}

int32_t lt_spm_id(const lt_spm *spm, const char *piece, size_t length)
{
    try {
        return spm->processor.PieceToId(std::string_view(piece, length));
    } catch (...) {
        return LT_UNK;
    }
}

lt_status lt_spm_encode(const lt_spm *spm, lt_ids *ids, lt_ranges *ranges, const char *text, size_t length,
                        bool continues, lt_error *error)
{
    return guarded(error, [&]() -> lt_status {
        sentencepiece::ImmutableSentencePieceText found;
        const auto status = spm->of(continues).Encode(std::string_view(text, length), found.mutable_proto());
        if (!status.ok()) return failed(error, "encode a line", status);
        for (size_t i = 0; i < found.pieces_size(); i++) {
            const auto id = found.pieces(static_cast<int>(i)).id();
            LT_TRY(lt_ids_add(ids, static_cast<int32_t>(id), error));
        }
        return ranges ? append_ranges(ranges, found, error) : LT_OK;
    });
}

lt_status lt_spm_decode(const lt_spm *spm, lt_text *text, lt_ranges *ranges, const int32_t *ids, size_t count,
                        lt_error *error)
{
    return guarded(error, [&]() -> lt_status {
        sentencepiece::ImmutableSentencePieceText found;
        const auto status = spm->processor.Decode(std::vector<int>(ids, ids + count), found.mutable_proto());
        if (!status.ok()) return failed(error, "decode a line", status);
        if (found.pieces_size() != count)
            return lt_fail(error, LT_ERROR_LIBRARY, "SentencePiece decodes %zu pieces where there are %zu",
                           found.pieces_size(), count);
        if (ranges) LT_TRY(append_ranges(ranges, found, error));
        return lt_text_append(text, found.text().data(), found.text().size(), error);
    });
}

lt_status lt_spm_normalize(const lt_spm *spm, lt_text *normalized, const char *text, size_t length,
                           bool continues, lt_error *error)
{
    return guarded(error, [&]() -> lt_status {
        std::vector<std::string> pieces;
        const auto status = spm->of(continues).Encode(std::string_view(text, length), &pieces);
        if (!status.ok()) return failed(error, "normalise a line", status);
        for (const std::string &piece : pieces) {
            const int id = spm->processor.PieceToId(piece);
            if (spm->processor.IsByte(id)) { /* "<0xE3>" */
                const char byte = static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16));
                LT_TRY(lt_text_append(normalized, &byte, 1, error));
            } else
                LT_TRY(lt_text_append(normalized, piece.data(), piece.size(), error));
        }
        return LT_OK;
    });
}

lt_status lt_spm_nbest(const lt_spm *spm, const char *text, size_t length, bool continues, size_t nbest,
                       lt_segmentation_visitor visit, void *context, lt_error *error)
{
    return guarded(error, [&]() -> lt_status {
        const auto found = spm->of(continues).NBestEncodeAsImmutableProto(
            std::string_view(text, length), static_cast<int>(nbest < 2 ? 2 : nbest));
        std::vector<int32_t> ids;
        for (const auto &segmentation : found.nbests()) {
            if (nbest-- == 0) break;
            ids.clear();
            for (const auto &piece : segmentation.pieces()) ids.push_back(static_cast<int32_t>(piece.id()));
            LT_TRY(visit(context, ids.data(), ids.size(), static_cast<double>(segmentation.score()), error));
        }
        return LT_OK;
    });
}
