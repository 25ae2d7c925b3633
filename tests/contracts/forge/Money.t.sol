// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Base} from "./Base.sol";

/// @title Prices, refunds and proceeds add up to the wei
contract MoneyTest is Base {
    receive() external payable {}

    function _minter() internal view override returns (address) {
        return address(registrar);
    }

    function testFuzz_a_price_goes_by_the_number_of_digits(uint256 seed, uint256 short) external view {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 number = _number(i == 0 ? seed : short % 20_000_000_000);
            uint256 digits = 0;
            for (uint256 rest = number; rest != 0; rest /= 10) ++digits;
            uint8 class = uint8(digits > 10 ? 10 : digits);
            assert(registrar.priceOf(number) == registrar.priceCap(class) / 10);
        }
    }

    function testFuzz_a_price_stays_below_its_cap(uint8 digits, uint256 price, uint256 near) external {
        uint256[3] memory tried = [price, near % 10 ether, near % 0.1 ether];
        for (uint256 i = 0; i < 3; ++i) {
            (bool known, bytes memory told) = address(registrar).staticcall(abi.encodeCall(registrar.priceCap, (digits)));
            (bool done,) = address(registrar).call(abi.encodeCall(registrar.setPrice, (digits, tried[i])));
            assert(known == (digits >= 5 && digits <= 10));
            assert(done == (known && tried[i] <= abi.decode(told, (uint256))));
        }
    }

    function testFuzz_what_is_paid_too_much_comes_back(uint256 seed, uint128 paid, uint128 ceiling, bytes32 secret)
        external
    {
        uint256 number = _number(seed);
        address buyer = _person(seed);
        uint256 price = registrar.priceOf(number);
        registrar.commit(registrar.makeCommitment(number, buyer, secret, ceiling));
        vm.warp(block.timestamp + 60);
        vm.deal(buyer, paid);
        vm.prank(buyer);
        (bool done,) = address(registrar).call{value: paid}(
            abi.encodeCall(registrar.register, (number, buyer, secret, ceiling))
        );
        assert(done == (paid >= price && ceiling >= price));
        assert(buyer.balance == (done ? paid - price : paid));
        assert(address(registrar).balance == (done ? price : 0));
    }

    function testFuzz_a_commitment_has_its_time(uint256 seed, uint32 wait) external {
        wait = uint32(wait % 100_000);
        uint256 number = _number(seed);
        uint256 price = registrar.priceOf(number);
        registrar.commit(registrar.makeCommitment(number, address(this), 0, price));
        vm.warp(block.timestamp + wait);
        vm.deal(address(this), price);
        (bool done,) = address(registrar).call{value: price}(
            abi.encodeCall(registrar.register, (number, address(this), 0, price))
        );
        assert(done == (wait >= 60 && wait <= 86_400));
    }

    function testFuzz_a_sale_moves_the_price_and_the_number(uint256 seed, uint128 price, uint128 paid) external {
        (address seller, address buyer) = (_person(1), _person(2));
        uint256 number = _number(seed);
        registrar.commit(registrar.makeCommitment(number, seller, 0, 10 ether));
        vm.warp(block.timestamp + 60);
        registrar.register{value: 10 ether}(number, seller, 0, 10 ether);
        vm.prank(seller);
        registry.approve(address(market), number);
        vm.prank(seller);
        (bool listed,) = address(market).call(abi.encodeCall(market.list, (number, price)));
        assert(listed == (price != 0));
        if (seed % 2 == 0) paid = price;
        bytes32 fingerprint = registry.getStateFingerprint(number);
        vm.deal(buyer, paid);
        vm.prank(buyer);
        (bool done,) = address(market).call{value: paid}(abi.encodeCall(market.buy, (number, price, fingerprint)));
        assert(done == (listed && paid == price));
        assert(registry.ownerOf(number) == (done ? buyer : seller));
        assert(market.owed(seller) == (done ? price : 0) && address(market).balance == market.owed(seller));
    }
}
