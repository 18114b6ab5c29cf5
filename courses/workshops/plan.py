"""The items of plan 39/KH-UBND that a class can serve, from part II and V.1, by their code. Pure.

The words are short forms of the plan's own; its text is the authority.
"""

from collections.abc import Mapping

Texts = Mapping[str, str]

PLAN_ITEMS: Mapping[str, Texts] = {
    "II.1.a": {
        "vi": "Tuyên truyền, giáo dục, vận động xã hội",
        "en": "Campaigns, education and mobilisation",
    },
    "II.1.b": {
        "vi": "Hướng dẫn cha, mẹ, người chăm sóc trẻ em",
        "en": "Guidance for parents and carers",
    },
    "II.1.c": {"vi": "Xây dựng chương trình, sản phẩm, tài liệu", "en": "Programmes, products, materials"},
    "II.2.a": {
        "vi": "Tuyên truyền trong cơ sở giáo dục, cơ sở bảo trợ xã hội",
        "en": "Awareness in schools and social-protection facilities",
    },
    "II.2.b": {
        "vi": "Tích hợp nội dung giáo dục, phương pháp giáo dục tích cực",
        "en": "Integration in teaching; positive education",
    },
    "II.2.c": {
        "vi": "Nâng cao năng lực cán bộ quản lý, giáo viên, nhân viên",
        "en": "Capacity of managers, teachers and staff",
    },
    "II.2.d": {
        "vi": "Hỗ trợ, can thiệp cho trẻ em trong cơ sở giáo dục, cơ sở bảo trợ",
        "en": "Support in schools and facilities",
    },
    "II.3": {
        "vi": "Phòng, chống xâm hại trẻ em trên môi trường mạng",
        "en": "Protection of children online",
    },
    "II.4.a": {
        "vi": "Nâng cao năng lực dịch vụ bảo vệ trẻ em, công tác xã hội",
        "en": "Capacity of child-protection and social services",
    },
    "II.4.b": {"vi": "Nghiên cứu, chia sẻ kinh nghiệm", "en": "Research and exchange of experience"},
    "II.5.a": {
        "vi": "Lồng ghép phòng ngừa vào khám, chữa bệnh",
        "en": "Prevention within health care",
    },
    "II.5.b": {
        "vi": "Quy trình và năng lực của nhân viên y tế",
        "en": "Procedures and capacity of health workers",
    },
    "II.5.c": {"vi": "Tiếp cận dịch vụ y tế kịp thời", "en": "Timely access to health services"},
    "II.6.a": {
        "vi": "Quy định, tiêu chuẩn điều tra thân thiện",
        "en": "Rules and standards of friendly investigation",
    },
    "II.6.b": {"vi": "Phối hợp liên ngành trong điều tra thân thiện", "en": "Joint work in investigation"},
    "II.6.c": {
        "vi": "Nâng cao năng lực cán bộ điều tra thân thiện với trẻ em",
        "en": "Capacity of child-friendly investigators",
    },
    "II.6.d": {"vi": "Phát triển mô hình điều tra thân thiện", "en": "Models of friendly investigation"},
    "II.6.đ": {"vi": "Cơ sở dữ liệu điều tra", "en": "Investigation data"},
    "II.7.a": {"vi": "Sản phẩm nhận diện, phòng, chống bạo lực", "en": "Products for recognition"},
    "II.7.b": {
        "vi": "Phổ biến phần mềm, kết nối Tổng đài 111",
        "en": "Applications and the hotline 111",
    },
    "II.7.c": {
        "vi": "Nhân viên bưu điện, bưu tá tham gia bảo vệ trẻ em",
        "en": "Postal workers in child protection",
    },
    "II.7.d": {
        "vi": "Mạng lưới cộng tác viên, tình nguyện viên",
        "en": "Network of collaborators and volunteers",
    },
    "V.1": {
        "vi": "Đào tạo đội ngũ làm công tác trẻ em, nhất là cấp xã và cộng tác viên",
        "en": "Training of child-affairs staff, above all in communes",
    },
}
